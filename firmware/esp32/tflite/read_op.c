#include "load.h"

#include <string.h>

// Builtin operators and option fields of TensorFlow Lite's schema, version 3.
enum {
    ADD = 0, CONCATENATION = 2, CONV_2D = 3, DEPTHWISE_CONV_2D = 4, FULLY_CONNECTED = 9, MAX_POOL_2D = 17,
    RESHAPE = 22, SOFTMAX = 25, PAD = 34, PRELU = 54,
};
enum { NO_ACTIVATION, RELU, RELU6 = 3 };
enum { SAME, VALID };

#define LONGEST_SUM 32768  // products in one sum: 2^15 times at most 2^15 stay far from 2^31

bool op_kind(int32_t code, op_kind_t *kind, uint32_t *fewest, uint32_t *most) {
    static const struct { uint8_t code, kind, fewest, most; } KNOWN[] = {
        {CONV_2D, OP_CONV, 2, 3},    {DEPTHWISE_CONV_2D, OP_DEPTHWISE, 2, 3}, {FULLY_CONNECTED, OP_CONV, 2, 3},
        {PRELU, OP_PRELU, 2, 2},     {ADD, OP_ADD, 2, 2},                     {PAD, OP_PAD, 2, 2},
        {SOFTMAX, OP_SOFTMAX, 1, 1}, {MAX_POOL_2D, OP_MAX_POOL, 1, 1},        {RESHAPE, OP_COPY, 1, 2},
        {CONCATENATION, OP_CONCAT, 2, 2},
    };
    for (uint32_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (KNOWN[i].code == code) {
            *kind = (op_kind_t)KNOWN[i].kind;
            *fewest = KNOWN[i].fewest;
            *most = KNOWN[i].most;
            return true;
        }
    }
    return false;
}

bool op_wants_multipliers(op_kind_t kind) { return kind == OP_CONV || kind == OP_DEPTHWISE; }

// To the nearest, halves away from zero; `value` is not negative.
static int32_t rounded(double value) { return value > 1e9 ? 1000000000 : (int32_t)(value + 0.5); }

static tflite_error_t read_activation(reading_t *reading, uint32_t field, act_params_t *made) {
    const int32_t activation = flat_i8(&reading->load->flat, reading->options, field, NO_ACTIVATION);
    const int32_t zero = reading->out.zero_point;
    if (activation != NO_ACTIVATION && activation != RELU && activation != RELU6) {
        return TFLITE_OPTION;
    }
    made->min = activation == NO_ACTIVATION ? INT8_MIN : zero;
    made->max = INT8_MAX;
    if (activation == RELU6) {
        const int32_t six = zero + rounded((double)(6.0f / reading->out.scale));
        made->max = six < INT8_MAX ? six : INT8_MAX;
    }
    return TFLITE_OK;
}

// Padding before the first element, and whether the output is as long as it has to be.
static bool read_window(int32_t in, int32_t window, int32_t stride, int32_t out, int32_t padding, int32_t *before) {
    if (stride < 1 || stride > 1024) {
        return false;
    }
    *before = 0;
    if (padding == VALID) {
        return in >= window && out == (in - window) / stride + 1;
    }
    const int32_t needed = (out - 1) * stride + window - in;
    *before = needed > 0 ? needed / 2 : 0;
    return out == (in + stride - 1) / stride;
}

// A unit of work is a row of the output, and each of its numbers takes so many taps; false where that is 2^31 or more.
static bool cut_in_rows(tflite_op_t *op, int32_t taps) {
    const int64_t macs = (int64_t)taps * op->output.width * op->output.channels;
    op->units = (uint32_t)op->output.height;
    op->macs_per_unit = (uint32_t)macs;
    return macs < ((int64_t)1 << 31);
}

static tflite_error_t read_multipliers(reading_t *reading, int32_t code, tflite_op_t *op) {
    const tensor_t *filter = &reading->in[1];
    const uint32_t channels = (uint32_t)op->output.channels;
    const uint32_t dimension = op->kind == OP_DEPTHWISE ? 3 : 0;
    if (!filter->zeros || (filter->scales.count != 1 && (filter->scales.count != channels ||
                                                        filter->quantized_dimension != dimension))) {
        return TFLITE_QUANTIZATION;
    }
    for (uint32_t i = 0; i < channels; i++) {
        const float in = reading->in[0].scale, weight = tensor_scale(reading->load, filter, i);
        // A fully connected layer with one scale multiplies in single precision before it divides in double.
        const double product = code == FULLY_CONNECTED && filter->scales.count == 1 ? (double)(in * weight)
                                                                                    : (double)in * (double)weight;
        multiplier_t made;
        if (!quantize_multiplier(product / (double)reading->out.scale, &made)) {
            return TFLITE_QUANTIZATION;
        }
        op->quant.mult[i] = made.mult;
        op->quant.shift[i] = made.shift;
    }
    return TFLITE_OK;
}

static tflite_error_t read_weights(reading_t *reading, tflite_op_t *op) {
    const tensor_t *filter = &reading->in[1], *bias = &reading->in[2];
    if (filter->type != TYPE_INT8) {
        return TFLITE_TYPE;
    }
    if (!filter->data) {
        return TFLITE_CONSTANT;
    }
    op->weights = (const int8_t *)filter->data;
    op->bias = NULL;
    if (reading->inputs == 3) {
        if (bias->type != TYPE_INT32) {
            return TFLITE_TYPE;
        }
        if (!bias->data || bias->elements != (uint32_t)op->output.channels) {
            return TFLITE_CONSTANT;
        }
        op->bias = (const int32_t *)(const void *)bias->data;
    }
    op->quant.mult = reading->mult;
    op->quant.shift = reading->mult + op->output.channels;
    return TFLITE_OK;
}

static tflite_error_t read_fully_connected(reading_t *reading, tflite_op_t *op) {
    const tensor_t *filter = &reading->in[1];
    flat_t *flat = &reading->load->flat;
    if (flat_i8(flat, reading->options, 1, 0) != 0) {  // weights in an order of their own
        return TFLITE_OPTION;
    }
    if (filter->rank != 2 || reading->in[0].elements != (uint32_t)filter->dims[1] ||
        reading->out.elements != (uint32_t)filter->dims[0] || filter->dims[1] > LONGEST_SUM) {
        return TFLITE_SHAPE;
    }
    // One row: the same as a convolution whose window is one pixel.
    op->input = (data_dims_t){.width = 1, .height = 1, .channels = filter->dims[1], .extra = 1};
    op->filter = op->input;
    op->output = (data_dims_t){.width = 1, .height = 1, .channels = filter->dims[0], .extra = 1};
    op->as.conv.stride = op->as.conv.dilation = (data_2d_t){1, 1};
    return read_activation(reading, 0, &op->as.conv.activation);
}

static tflite_error_t read_conv(reading_t *reading, int32_t code, tflite_op_t *op) {
    flat_t *flat = &reading->load->flat;
    const tensor_t *filter = &reading->in[1];
    const bool depthwise = op->kind == OP_DEPTHWISE;
    // The two option tables differ by the depthwise multiplier, which stands before the activation.
    const uint32_t later = depthwise ? 1 : 0;
    tflite_error_t error;
    conv_params_t *params = &op->as.conv;
    memset(&op->as, 0, sizeof op->as);
    if (code == FULLY_CONNECTED) {
        error = read_fully_connected(reading, op);
    } else {
        const int32_t padding = flat_i8(flat, reading->options, 0, SAME);
        params->stride.width = flat_i32(flat, reading->options, 1, 0);
        params->stride.height = flat_i32(flat, reading->options, 2, 0);
        params->dilation = (data_2d_t){1, 1};
        if (flat_i32(flat, reading->options, 4 + later, 1) != 1 || flat_i32(flat, reading->options, 5 + later, 1) != 1 ||
            (depthwise && flat_i32(flat, reading->options, 3, 0) != 1) || (padding != SAME && padding != VALID)) {
            return flat->bad ? TFLITE_DAMAGED : TFLITE_OPTION;
        }
        op->filter = tensor_dims(filter);
        const int32_t outs = depthwise ? op->filter.channels : op->filter.extra;
        if (filter->rank != 4 || op->input.extra != 1 || op->output.extra != 1 ||
            op->filter.channels != op->input.channels || op->output.channels != outs ||
            (depthwise && op->filter.extra != 1) ||
            (int64_t)op->filter.width * op->filter.height * (depthwise ? 1 : op->filter.channels) > LONGEST_SUM ||
            !read_window(op->input.width, op->filter.width, params->stride.width, op->output.width, padding,
                         &params->padding.width) ||
            !read_window(op->input.height, op->filter.height, params->stride.height, op->output.height, padding,
                         &params->padding.height)) {
            return TFLITE_SHAPE;
        }
        error = read_activation(reading, 3 + later, &params->activation);
    }
    if (error == TFLITE_OK) {
        error = read_weights(reading, op);
    }
    if (error == TFLITE_OK) {
        error = read_multipliers(reading, code, op);
    }
    if (error != TFLITE_OK) {
        return error;
    }
    params->in_offset = -reading->in[0].zero_point;
    params->out_offset = reading->out.zero_point;
    const int32_t taps = op->filter.width * op->filter.height * (depthwise ? 1 : op->filter.channels);
    if (!cut_in_rows(op, taps)) {
        return TFLITE_SHAPE;
    }
    if (depthwise) {
        const conv_params_t plain = *params;
        op->as.depthwise = (dw_conv_params_t){plain.in_offset, plain.out_offset, 1,           plain.stride,
                                              plain.padding,   plain.dilation,   plain.activation};
        op->scratch_bytes = (uint32_t)esp_nn_get_depthwise_conv_scratch_size(&op->input, &op->filter, &op->output,
                                                                             &op->as.depthwise);
    } else {
        op->scratch_bytes = (uint32_t)esp_nn_get_conv_scratch_size(&op->input, &op->filter, &op->output, params);
    }
    return TFLITE_OK;
}

static bool alike(const tensor_t *a, const tensor_t *b) {
    return a->scale == b->scale && a->zero_point == b->zero_point;
}

static bool same_shape(const tensor_t *a, const tensor_t *b) {
    return a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0;
}

static tflite_error_t read_prelu(reading_t *reading, tflite_op_t *op) {
    const tensor_t *in = &reading->in[0], *slopes = &reading->in[1];
    multiplier_t positive, negative;
    if (slopes->type != TYPE_INT8) {
        return TFLITE_TYPE;
    }
    if (!slopes->data || slopes->scales.count != 1) {
        return TFLITE_CONSTANT;
    }
    if (!same_shape(in, &reading->out) || slopes->elements != (uint32_t)op->input.channels ||
        slopes->dims[slopes->rank - 1] != op->input.channels) {
        return TFLITE_SHAPE;
    }
    if (!quantize_multiplier((double)in->scale / (double)reading->out.scale, &positive) ||
        !quantize_multiplier((double)in->scale * (double)slopes->scale / (double)reading->out.scale, &negative)) {
        return TFLITE_QUANTIZATION;
    }
    op->weights = (const int8_t *)slopes->data;
    op->as.prelu = (prelu_params_t){-in->zero_point, -slopes->zero_point, reading->out.zero_point, positive.mult,
                                    positive.shift,  negative.mult,       negative.shift};
    op->units = reading->out.elements / (uint32_t)op->input.channels;
    op->macs_per_unit = (uint32_t)op->input.channels;
    return TFLITE_OK;
}

static tflite_error_t read_add(reading_t *reading, tflite_op_t *op) {
    const tensor_t *in = reading->in, *out = &reading->out;
    if (!same_shape(&in[0], &in[1]) || !same_shape(&in[0], out)) {
        return TFLITE_SHAPE;
    }
    add_params_t *params = &op->as.add;
    const double twice = 2.0 * (double)(in[0].scale > in[1].scale ? in[0].scale : in[1].scale);
    multiplier_t made;
    for (uint32_t i = 0; i < 2; i++) {
        if (!quantize_multiplier((double)in[i].scale / twice, &made)) {
            return TFLITE_QUANTIZATION;
        }
        params->offset[i] = -in[i].zero_point;
        params->mult[i] = made.mult;
        params->shift[i] = made.shift;
    }
    if (!quantize_multiplier(twice / ((1 << 20) * (double)out->scale), &made) || made.shift > 0) {
        return TFLITE_QUANTIZATION;
    }
    params->out_offset = out->zero_point;
    params->out_mult = made.mult;
    params->out_shift = made.shift;
    op->units = out->elements;
    op->macs_per_unit = 3;
    return read_activation(reading, 0, &params->activation);
}

static tflite_error_t read_pad(reading_t *reading, tflite_op_t *op) {
    const tensor_t *amounts = &reading->in[1];
    if (amounts->type != TYPE_INT32) {
        return TFLITE_TYPE;
    }
    if (!amounts->data) {
        return TFLITE_CONSTANT;
    }
    if (!alike(&reading->in[0], &reading->out)) {
        return TFLITE_QUANTIZATION;
    }
    const uint32_t rank = reading->in[0].rank;
    if (amounts->elements != 2 * rank || reading->out.rank != rank) {
        return TFLITE_SHAPE;
    }
    memset(&op->as.pad, 0, sizeof op->as.pad);
    const int32_t *amount = (const int32_t *)(const void *)amounts->data;
    for (uint32_t i = 0; i < rank; i++) {
        const int64_t padded = (int64_t)reading->in[0].dims[i] + amount[2 * i] + amount[2 * i + 1];
        if (amount[2 * i] < 0 || amount[2 * i + 1] < 0 || padded != reading->out.dims[i]) {
            return TFLITE_SHAPE;
        }
        op->as.pad.before[4 - rank + i] = amount[2 * i];
    }
    op->as.pad.value = (int8_t)reading->out.zero_point;
    op->units = (uint32_t)(op->output.extra * op->output.height);
    op->macs_per_unit = (uint32_t)(op->output.width * op->output.channels);
    return TFLITE_OK;
}

static tflite_error_t read_pool(reading_t *reading, tflite_op_t *op) {
    flat_t *flat = &reading->load->flat;
    pool_params_t *params = &op->as.pool;
    const int32_t padding = flat_i8(flat, reading->options, 0, SAME);
    params->stride.width = flat_i32(flat, reading->options, 1, 0);
    params->stride.height = flat_i32(flat, reading->options, 2, 0);
    op->filter = (data_dims_t){.width = flat_i32(flat, reading->options, 3, 0),
                               .height = flat_i32(flat, reading->options, 4, 0), .channels = 1, .extra = 1};
    if (padding != SAME && padding != VALID) {
        return TFLITE_OPTION;
    }
    if (!alike(&reading->in[0], &reading->out)) {
        return TFLITE_QUANTIZATION;
    }
    if (op->filter.width < 1 || op->filter.height < 1 || op->filter.width > 1024 || op->filter.height > 1024 ||
        op->input.extra != 1 || op->output.extra != 1 || op->input.channels != op->output.channels ||
        !read_window(op->input.width, op->filter.width, params->stride.width, op->output.width, padding,
                     &params->padding.width) ||
        !read_window(op->input.height, op->filter.height, params->stride.height, op->output.height, padding,
                     &params->padding.height)) {
        return flat->bad ? TFLITE_DAMAGED : TFLITE_SHAPE;
    }
    return cut_in_rows(op, op->filter.width * op->filter.height) ? read_activation(reading, 5, &params->activation)
                                                                : TFLITE_SHAPE;
}

static tflite_error_t read_concat(reading_t *reading, tflite_op_t *op) {
    const tensor_t *in = reading->in, *out = &reading->out;
    flat_t *flat = &reading->load->flat;
    int32_t axis = flat_i32(flat, reading->options, 0, 0);
    axis += axis < 0 ? (int32_t)out->rank : 0;
    if (flat_i8(flat, reading->options, 1, NO_ACTIVATION) != NO_ACTIVATION) {
        return TFLITE_OPTION;
    }
    if (!alike(&in[0], out) || !alike(&in[1], out)) {
        return TFLITE_QUANTIZATION;
    }
    if (axis < 0 || axis >= (int32_t)out->rank || in[0].rank != out->rank || in[1].rank != out->rank) {
        return TFLITE_SHAPE;
    }
    concat_params_t *params = &op->as.concat;
    params->outer = params->inner[0] = params->inner[1] = 1;
    for (int32_t i = 0; i < (int32_t)out->rank; i++) {
        const int32_t joined = i == axis ? in[0].dims[i] + in[1].dims[i] : in[0].dims[i];
        if (joined != out->dims[i] || (i != axis && in[0].dims[i] != in[1].dims[i])) {
            return TFLITE_SHAPE;
        }
        if (i < axis) {
            params->outer *= (uint32_t)out->dims[i];
        } else {
            params->inner[0] *= (uint32_t)in[0].dims[i];
            params->inner[1] *= (uint32_t)in[1].dims[i];
        }
    }
    op->units = params->outer;
    op->macs_per_unit = params->inner[0] + params->inner[1];
    return TFLITE_OK;
}

static tflite_error_t read_softmax(reading_t *reading, tflite_op_t *op) {
    const tensor_t *in = &reading->in[0];
    if (!same_shape(in, &reading->out)) {
        return TFLITE_SHAPE;
    }
    if (reading->out.zero_point != INT8_MIN || reading->out.scale != 1.0f / 256) {
        return TFLITE_QUANTIZATION;
    }
    const int32_t bits = flat_i32(&reading->load->flat, reading->options, 0, 0);
    float beta;
    memcpy(&beta, &bits, sizeof beta);
    // The difference to the highest number in Q5.26; what is more than 31 below it counts nothing.
    const double real = (double)beta * (double)in->scale * (1 << 26);
    multiplier_t made;
    if (!quantize_multiplier(real < 2147483647.0 ? real : 2147483647.0, &made) || made.shift < 1 ||
        op->output.channels > 4096) {
        return TFLITE_QUANTIZATION;
    }
    op->as.softmax = (softmax_params_t){made.mult, made.shift, -(int32_t)((31ll << 26) >> made.shift)};
    op->units = reading->out.elements / (uint32_t)op->output.channels;
    op->macs_per_unit = 30u * (uint32_t)op->output.channels;
    op->scratch_bytes = (uint32_t)esp_nn_get_softmax_scratch_size(op->output.channels, 1);
    return TFLITE_OK;
}

static tflite_error_t read_copy(reading_t *reading, tflite_op_t *op) {
    if (reading->in[0].elements != reading->out.elements) {
        return TFLITE_SHAPE;
    }
    if (!alike(&reading->in[0], &reading->out)) {
        return TFLITE_QUANTIZATION;
    }
    op->units = reading->out.elements;
    op->macs_per_unit = 1;
    return TFLITE_OK;
}

tflite_error_t read_op(reading_t *reading, int32_t code, tflite_op_t *op) {
    op->input = tensor_dims(&reading->in[0]);
    op->output = tensor_dims(&reading->out);
    switch (op->kind) {
        case OP_CONV:
        case OP_DEPTHWISE: return read_conv(reading, code, op);
        case OP_PRELU: return read_prelu(reading, op);
        case OP_ADD: return read_add(reading, op);
        case OP_PAD: return read_pad(reading, op);
        case OP_MAX_POOL: return read_pool(reading, op);
        case OP_CONCAT: return read_concat(reading, op);
        case OP_SOFTMAX: return read_softmax(reading, op);
        case OP_COPY: return read_copy(reading, op);
    }
    return TFLITE_OPERATOR;
}
