#include "load.h"

#include <string.h>

#define LONGEST 65535
#define MOST_ELEMENTS (1u << 27)

// Fields of TensorFlow Lite's schema, version 3.
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME, TENSOR_QUANTIZATION };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT, QUANTIZATION_DETAILS_TYPE, QUANTIZATION_DIMENSION = 6 };

static float float_in(loader_t *load, flat_vector_t vector, uint32_t index) {
    const int32_t bits = flat_i32_in(&load->flat, vector, index);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Zero points are int64 in the file: two 32-bit halves, of which the upper one repeats the sign.
static tflite_error_t read_quantization(loader_t *load, uint32_t table, tensor_t *made) {
    made->scales = flat_vector(&load->flat, table, QUANTIZATION_SCALE, 4);
    flat_vector_t zeros = flat_vector(&load->flat, table, QUANTIZATION_ZERO_POINT, 8);
    made->quantized_dimension = (uint32_t)flat_i32(&load->flat, table, QUANTIZATION_DIMENSION, 0);
    if (zeros.count != made->scales.count) {
        return TFLITE_QUANTIZATION;
    }
    zeros.count *= 2;
    for (uint32_t i = 0; i < made->scales.count; i++) {
        const float scale = float_in(load, made->scales, i);
        const int32_t zero = flat_i32_in(&load->flat, zeros, 2 * i);
        if (!(scale > 0.0f) || scale > 1e9f || zero < INT8_MIN || zero > INT8_MAX ||
            flat_i32_in(&load->flat, zeros, 2 * i + 1) != (zero < 0 ? -1 : 0)) {
            return TFLITE_QUANTIZATION;
        }
        made->zeros = made->zeros && zero == 0;
        if (i == 0) {
            made->scale = scale;
            made->zero_point = zero;
        }
    }
    return TFLITE_OK;
}

tflite_error_t read_tensor(loader_t *load, int32_t index, tensor_t *made) {
    memset(made, 0, sizeof *made);
    made->zeros = true;
    if (index < 0) {
        return TFLITE_DAMAGED;
    }
    flat_t *flat = &load->flat;
    const uint32_t table = flat_table_in(flat, load->tensors, (uint32_t)index);
    const flat_vector_t shape = flat_vector(flat, table, TENSOR_SHAPE, 4);
    if (!flat->bad && (shape.count < 1 || shape.count > 4)) {
        return TFLITE_SHAPE;
    }
    made->rank = shape.count;
    made->elements = 1;
    for (uint32_t i = 0; i < made->rank; i++) {
        const int32_t dimension = flat_i32_in(flat, shape, i);
        if (dimension < 1 || dimension > LONGEST || (uint64_t)made->elements * (uint32_t)dimension > MOST_ELEMENTS) {
            return flat->bad ? TFLITE_DAMAGED : TFLITE_SHAPE;
        }
        made->dims[i] = dimension;
        made->elements *= (uint32_t)dimension;
    }
    made->type = flat_i8(flat, table, TENSOR_TYPE, TYPE_FLOAT32);
    const uint32_t quantization = flat_table(flat, table, TENSOR_QUANTIZATION);
    if (quantization) {
        const tflite_error_t error = read_quantization(load, quantization, made);
        if (error != TFLITE_OK) {
            return flat->bad ? TFLITE_DAMAGED : error;
        }
    }
    const uint32_t buffer = (uint32_t)flat_i32(flat, table, TENSOR_BUFFER, 0);
    const flat_vector_t data = flat_vector(flat, flat_table_in(flat, load->buffers, buffer), 0, 1);
    if (data.count && (made->type == TYPE_INT8 || made->type == TYPE_INT32)) {  // another type is refused by name
        made->data = flat->bytes + data.at;
        made->data_bytes = data.count;
        const uint32_t width = made->type == TYPE_INT8 ? 1 : 4;
        if (made->data_bytes / width < made->elements) {
            return TFLITE_CONSTANT;
        }
        if (((uintptr_t)made->data & (width - 1)) != 0) {
            return TFLITE_MISALIGNED;
        }
    }
    return flat->bad ? TFLITE_DAMAGED : TFLITE_OK;
}

float tensor_scale(loader_t *load, const tensor_t *tensor, uint32_t channel) {
    return tensor->scales.count > 1 ? float_in(load, tensor->scales, channel) : tensor->scale;
}

data_dims_t tensor_dims(const tensor_t *tensor) {
    int32_t padded[4] = {1, 1, 1, 1};
    memcpy(padded + 4 - tensor->rank, tensor->dims, tensor->rank * sizeof *padded);
    return (data_dims_t){.width = padded[2], .height = padded[1], .channels = padded[3], .extra = padded[0]};
}
