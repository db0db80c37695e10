// MicroPython's C module `ostiary_tflite`: call(what, net, a, b, told, number), see shell.h. For a firmware that is built
// with this folder as USER_C_MODULES (hardware/firmware.md); with TFLITE_ESP_NN it links Espressif's SIMD kernels.
#include "py/runtime.h"
#include "shell.h"

static tflite_block_t block_of(mp_obj_t object, mp_uint_t flags) {
    mp_buffer_info_t info = {0};
    if (object != mp_const_none) {
        mp_get_buffer_raise(object, &info, flags);
    }
    return (tflite_block_t){info.buf, info.len};
}

static mp_obj_t call(size_t count, const mp_obj_t *args) {
    (void)count;
    const mp_int_t what = mp_obj_get_int(args[0]);
    // A model may lie in flash: it alone is only read.
    const mp_uint_t flags = what == TFLITE_MEASURE || what == TFLITE_OPEN ? MP_BUFFER_READ : MP_BUFFER_WRITE;
    return mp_obj_new_int(tflite_call((int32_t)what, block_of(args[1], MP_BUFFER_WRITE), block_of(args[2], flags),
                                      block_of(args[3], MP_BUFFER_WRITE), block_of(args[4], MP_BUFFER_WRITE),
                                      (uint32_t)mp_obj_get_int(args[5])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(call_object, 6, 6, call);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ostiary_tflite)},
    {MP_ROM_QSTR(MP_QSTR_call), MP_ROM_PTR(&call_object)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t ostiary_tflite_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_ostiary_tflite, ostiary_tflite_module);
