// One function around the core, so that each shell (shared library, MicroPython's C module, native module) is a few lines.
#ifndef OSTIARY_TFLITE_SHELL_H
#define OSTIARY_TFLITE_SHELL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    void *at;
    size_t bytes;
} tflite_block_t;

enum { TFLITE_MEASURE = 1, TFLITE_OPEN, TFLITE_USE, TFLITE_BEGIN, TFLITE_STEP, TFLITE_NAME };

// What the caller is told, one 32-bit number each; `scale`s are the bits of a float32.
enum {
    TFLITE_NET_BYTES, TFLITE_TABLE_BYTES, TFLITE_ARENA_BYTES, TFLITE_MACS, TFLITE_REFUSED_AT, TFLITE_OP_COUNT,
    TFLITE_OUTPUT_COUNT, TFLITE_INPUT, TFLITE_TOLD = TFLITE_INPUT + 4 * 5,  // offset, bytes, zero point, scale
};

// Blocks are aligned here: each may be 15 bytes longer than asked for and begin anywhere. A place is told as an offset
// from the begin of the arena's block as it was given.
//
//     MEASURE  a: model, b: –, told       what a net needs; TFLITE_NET_BYTES is told in any case
//     OPEN     net, a: model, b: table, told
//     USE      net, a: arena, told
//     BEGIN    net                        a new run; write the input then
//     STEP     net, number: macs          1 while there is more to do
//     NAME     a: letters, number: error  writes the error's name, and returns its length
//
// Returns a tflite_error_t but for STEP and NAME, and -1 for a call that makes no sense.
int32_t tflite_call(int32_t what, tflite_block_t net, tflite_block_t a, tflite_block_t b, tflite_block_t told,
                    uint32_t number);

#endif
