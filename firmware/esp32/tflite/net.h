// A neural network from a .tflite file, int8 throughout, without an operating system: no malloc, no file, no clock.
//
//     tflite_net_t net;
//     tflite_open(&net, model, model_bytes, NULL, 0);                   // net.table_bytes, or why it is refused
//     tflite_open(&net, model, model_bytes, table, net.table_bytes);    // everything is checked; net.arena_bytes
//     tflite_use(&net, arena, net.arena_bytes);
//     memcpy(tflite_input(&net), picture, net.input.bytes);
//     while (tflite_step(&net, 200000)) feed_the_watchdog();            // about so many multiplications a slice
//     net.outputs[0].at
//
// The file is read where it lies (in flash, say) and must stay there. Everything in it is checked once, in tflite_open:
// a file that is refused was not touched beyond its bounds, and one that is taken cannot lead a kernel astray.
#ifndef OSTIARY_TFLITE_NET_H
#define OSTIARY_TFLITE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TFLITE_MOST_OUTPUTS 4
#define TFLITE_ALIGNMENT 16  // of table, arena and every tensor: what SIMD kernels load at once

typedef enum {
    TFLITE_OK,
    TFLITE_DAMAGED,           // not a whole .tflite file: an offset or a length leads out of it
    TFLITE_MISALIGNED,        // a 32-bit constant, the table or the arena does not lie where a processor can read it
    TFLITE_TOO_MANY,          // more tensors, operators, inputs or outputs than the core takes
    TFLITE_SHAPE,             // a dimension is missing, negative, too large, or does not fit the operator
    TFLITE_TYPE,              // not int8 where it has to be
    TFLITE_QUANTIZATION,      // scales or zero points are missing, not finite, or beyond what a shift can say
    TFLITE_OPERATOR,          // an operator that the core does not have
    TFLITE_OPTION,            // an option of an operator that the core does not have, as a dilation
    TFLITE_ORDER,             // an operator reads what nobody has written yet, or two write the same
    TFLITE_CONSTANT,          // a weight is missing, or shorter than its shape says
    TFLITE_NO_ROOM,           // table or arena is smaller than table_bytes or arena_bytes
} tflite_error_t;

typedef struct tflite_op tflite_op_t;

typedef struct {
    int8_t *at;  // in the arena
    uint32_t offset, bytes;
    int32_t zero_point;
    float scale;
} tflite_tensor_t;

typedef struct {
    tflite_op_t *ops;
    uint32_t op_count;
    uint32_t op;          // the next one, or the one in work
    uint32_t done;        // how many of its units are done
    uint8_t *arena;
    uint32_t table_bytes, arena_bytes;
    uint32_t macs;        // multiplications of one run
    uint32_t refused_at;  // the operator at which tflite_open stopped, for a message
    tflite_tensor_t input;
    tflite_tensor_t outputs[TFLITE_MOST_OUTPUTS];
    uint32_t output_count;
} tflite_net_t;

// Reads, checks and plans. With `table` NULL only table_bytes is found out.
tflite_error_t tflite_open(tflite_net_t *net, const uint8_t *model, uint32_t model_bytes, void *table,
                           uint32_t table_bytes);

// Gives an opened net the memory for its tensors, which it keeps.
tflite_error_t tflite_use(tflite_net_t *net, void *arena, uint32_t arena_bytes);

// A word for each error, for messages and logs.
const char *tflite_error_name(tflite_error_t error);

// Where the input goes. Asking for it begins a new run.
int8_t *tflite_input(tflite_net_t *net);

// Works until about `macs` multiplications are done or the run ends; true while there is more to do.
bool tflite_step(tflite_net_t *net, uint32_t macs);

#endif
