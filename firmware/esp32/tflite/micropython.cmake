# For `cmake -DUSER_C_MODULES=…/firmware/esp32/tflite/micropython.cmake`; -DTFLITE_ESP_NN=1 links esp-nn (a component of
# the firmware then) in the place of the plain kernels.
add_library(usermod_ostiary_tflite INTERFACE)

target_sources(usermod_ostiary_tflite INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/flat.c
    ${CMAKE_CURRENT_LIST_DIR}/kernels.c
    ${CMAKE_CURRENT_LIST_DIR}/load.c
    ${CMAKE_CURRENT_LIST_DIR}/micropython_module.c
    ${CMAKE_CURRENT_LIST_DIR}/plan.c
    ${CMAKE_CURRENT_LIST_DIR}/quantize.c
    ${CMAKE_CURRENT_LIST_DIR}/read_op.c
    ${CMAKE_CURRENT_LIST_DIR}/run.c
    ${CMAKE_CURRENT_LIST_DIR}/shell.c
    ${CMAKE_CURRENT_LIST_DIR}/tensor.c
)
target_include_directories(usermod_ostiary_tflite INTERFACE ${CMAKE_CURRENT_LIST_DIR})
if(TFLITE_ESP_NN)
    target_compile_definitions(usermod_ostiary_tflite INTERFACE TFLITE_ESP_NN)
    target_link_libraries(usermod_ostiary_tflite INTERFACE idf::esp-nn)
endif()
target_compile_options(usermod_ostiary_tflite INTERFACE -O3)

target_link_libraries(usermod INTERFACE usermod_ostiary_tflite)
