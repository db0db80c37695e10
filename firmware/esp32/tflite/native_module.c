// The same call() as a native MicroPython module (.mpy, version 6.3), for firmware that was built without ours. build.py
// makes one blob of machine code of it, which may be loaded anywhere: so no pointers in tables, and no C library.
//
// The layout of MicroPython's function table is described here from its published documents; only what is called.
#include <stdbool.h>

#include "shell.h"

typedef void *object_t;
typedef struct {
    void *buf;
    size_t len;
    int typecode;
} buffer_info_t;
typedef struct {
    void *type;
    void **context;  // type, globals, names, objects; the first object is the function table
} function_t;

static void **table_of(object_t self) { return ((void ***)((function_t *)self)->context[3])[0]; }
static uintptr_t number_of(void **table, object_t object) {
    return ((uintptr_t(*)(object_t, uintptr_t))table[3])(object, 2);
}
static object_t object_of(void **table, int32_t number) {
    return ((object_t(*)(uintptr_t, uintptr_t))table[4])((uintptr_t)(intptr_t)number, 2);
}
static tflite_block_t block_of(void **table, object_t object, bool written) {
    buffer_info_t info = {NULL, 0, 0};
    ((bool (*)(object_t, buffer_info_t *, uintptr_t))table[65])(object, &info, (written ? 2 : 1) | 4);  // 4: or raise
    return (tflite_block_t){info.buf, info.len};
}

// call(what, net, a, b, told, number); None cannot be told from an object here, so an empty bytearray stands for it.
__attribute__((section(".text.entry"), used)) object_t entry(object_t self, size_t count, size_t names,
                                                             const object_t *args) {
    void **table = table_of(self);
    int32_t result = -1;
    if (count == 6 && names == 0) {
        const int32_t what = (int32_t)number_of(table, args[0]);
        const bool written = what != TFLITE_MEASURE && what != TFLITE_OPEN;
        const tflite_block_t net = block_of(table, args[1], true), a = block_of(table, args[2], written);
        const tflite_block_t b = block_of(table, args[3], true), told = block_of(table, args[4], true);
        result = tflite_call(what, net, a, b, told, (uint32_t)number_of(table, args[5]));
    }
    return object_of(table, result);
}

// What a compiler calls by itself.
void *memset(void *to, int value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        ((uint8_t *)to)[i] = (uint8_t)value;
    }
    return to;
}
void *memcpy(void *to, const void *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return to;
}
int memcmp(const void *one, const void *other, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        const int difference = ((const uint8_t *)one)[i] - ((const uint8_t *)other)[i];
        if (difference) {
            return difference;
        }
    }
    return 0;
}
