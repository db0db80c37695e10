// What load.c's parts share while a file is being read: the reader, the tensors, and one operator in work.
#ifndef OSTIARY_TFLITE_LOAD_H
#define OSTIARY_TFLITE_LOAD_H

#include "flat.h"
#include "op.h"
#include "quantize.h"

typedef struct {
    flat_t flat;
    flat_vector_t tensors, buffers;
    span_t *spans;  // one for each tensor, then one for each operator's scratch
} loader_t;

// A tensor as the file tells of it, checked in itself: 1 to 4 dimensions, each 1 to 65535, at most 2^27 elements.
typedef struct {
    int32_t dims[4];        // as in the file, `rank` of them
    uint32_t rank;
    uint32_t elements;
    int32_t type;
    flat_vector_t scales;   // float32
    int32_t zero_point;     // of the first channel
    bool zeros;             // whether every zero point is 0
    float scale;            // of the first channel
    uint32_t quantized_dimension;
    const uint8_t *data;    // of a constant, else NULL
    uint32_t data_bytes;
} tensor_t;

enum { TYPE_FLOAT32 = 0, TYPE_INT32 = 2, TYPE_INT8 = 9 };

tflite_error_t read_tensor(loader_t *load, int32_t index, tensor_t *made);
float tensor_scale(loader_t *load, const tensor_t *tensor, uint32_t channel);

// The dimensions as batch (in `extra`), height, width and channels; missing ones in front are 1.
data_dims_t tensor_dims(const tensor_t *tensor);

// The operators. `options` is the table of builtin options, or 0. `mult` has room for two numbers a channel.
typedef struct {
    loader_t *load;
    uint32_t options;
    tensor_t in[3], out;
    uint32_t inputs;
    int32_t *mult;
} reading_t;

// Which kind a builtin code is, and how many inputs it may have; false for one that the core does not have.
bool op_kind(int32_t code, op_kind_t *kind, uint32_t *fewest, uint32_t *most);

// How many channels of multipliers an operator of this kind wants, by its output's last dimension.
bool op_wants_multipliers(op_kind_t kind);

// Fills in `op` (its `kind` is set; so are places). Code of TensorFlow Lite's schema tells a fully connected layer.
tflite_error_t read_op(reading_t *reading, int32_t code, tflite_op_t *op);

#endif
