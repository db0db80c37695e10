// One operator as it is run: everything that its kernel wants, made once by load.c.
#ifndef OSTIARY_TFLITE_OP_H
#define OSTIARY_TFLITE_OP_H

#include "kernels.h"
#include "net.h"

typedef enum { OP_CONV, OP_DEPTHWISE, OP_PRELU, OP_ADD, OP_PAD, OP_MAX_POOL, OP_CONCAT, OP_COPY, OP_SOFTMAX } op_kind_t;

typedef struct {
    int32_t offset[2], mult[2], shift[2];  // of the two inputs
    int32_t out_offset, out_mult, out_shift;
    act_params_t activation;
} add_params_t;

typedef struct {
    data_2d_t stride, padding;
    act_params_t activation;
} pool_params_t;

typedef struct {
    int32_t before[4];  // batch, height, width, channels
    int8_t value;
} pad_params_t;

typedef struct {
    int32_t mult, shift, diff_min;
} softmax_params_t;

typedef struct {
    uint32_t outer, inner[2];  // so many times: a run of the first input, then one of the second
} concat_params_t;

struct tflite_op {
    op_kind_t kind;
    uint32_t units;           // rows of the output, or elements, in which the work is cut
    uint32_t macs_per_unit;
    uint32_t in[2], out;      // tensors while loading, places in the arena afterwards
    uint32_t scratch;         // place in the arena of the kernel's own memory
    uint32_t scratch_bytes;
    data_dims_t input, filter, output;
    const int8_t *weights;    // or slopes; in the file
    const int32_t *bias;      // in the file, or NULL
    quant_data_t quant;       // in the table
    union {
        conv_params_t conv;
        dw_conv_params_t depthwise;
        prelu_params_t prelu;
        add_params_t add;
        pool_params_t pool;
        pad_params_t pad;
        softmax_params_t softmax;
        concat_params_t concat;
    } as;
};

// When a place in the arena is in use: from the operator that writes it to the last one that reads it.
typedef struct {
    uint32_t bytes, offset;
    int32_t first, last;  // operators; first is NOBODY before anybody wrote, BEFORE for the input
} span_t;

#define NOBODY INT32_MAX
#define BEFORE (-1)

// Gives each span of at least one byte a place, so that no two that are in use together overlap; the bytes that
// takes. Largest first, each at the lowest place that is free (Y. Pisarchyk and J. Lee, "Efficient Memory Management
// for Deep Neural Net Inference", 2020, section 4). 0 where that would be 2 GiB or more.
uint32_t plan_arena(span_t *spans, uint32_t count);

#endif
