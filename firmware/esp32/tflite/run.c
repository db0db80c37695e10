#include <string.h>

#include "op.h"

static int8_t *at(const tflite_net_t *net, uint32_t offset) { return (int8_t *)net->arena + offset; }

// Rows [from, from + rows) of a convolution see the input from where their first row's window begins.
typedef struct {
    data_dims_t input, output;
    const int8_t *from;
    int8_t *to;
    int32_t padding;
} window_t;

static window_t window(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t rows, int32_t stride,
                       int32_t padding) {
    const int32_t top = (int32_t)from * stride - padding;
    const int32_t skipped = top > 0 ? top : 0;
    window_t cut = {op->input, op->output, NULL, NULL, top < 0 ? -top : 0};
    cut.input.height -= skipped;
    cut.output.height = (int32_t)rows;
    cut.from = at(net, op->in[0]) + skipped * op->input.width * op->input.channels;
    cut.to = at(net, op->out) + (int32_t)from * op->output.width * op->output.channels;
    return cut;
}

static void convolve(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t rows) {
    conv_params_t params = op->as.conv;
    const window_t cut = window(net, op, from, rows, params.stride.height, params.padding.height);
    params.padding.height = cut.padding;
    esp_nn_set_conv_scratch_buf(at(net, op->scratch));
    esp_nn_conv_s8(&cut.input, cut.from, &op->filter, op->weights, op->bias, &cut.output, cut.to, &params, &op->quant);
}

static void convolve_depthwise(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t rows) {
    dw_conv_params_t params = op->as.depthwise;
    const window_t cut = window(net, op, from, rows, params.stride.height, params.padding.height);
    params.padding.height = cut.padding;
    esp_nn_set_depthwise_conv_scratch_buf(at(net, op->scratch));
    esp_nn_depthwise_conv_s8(&cut.input, cut.from, &op->filter, op->weights, op->bias, &cut.output, cut.to, &params,
                             &op->quant);
}

static void pool(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t rows) {
    const pool_params_t *params = &op->as.pool;
    const window_t cut = window(net, op, from, rows, params->stride.height, params->padding.height);
    esp_nn_max_pool_s8(cut.from, (uint16_t)cut.input.width, (uint16_t)cut.input.height, cut.to,
                       (uint16_t)cut.output.width, (uint16_t)cut.output.height, (uint16_t)params->stride.width,
                       (uint16_t)params->stride.height, (uint16_t)op->filter.width, (uint16_t)op->filter.height,
                       (uint16_t)params->padding.width, (uint16_t)cut.padding, params->activation.min,
                       params->activation.max, (uint16_t)op->input.channels);
}

static void add(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t count) {
    const add_params_t *params = &op->as.add;
    esp_nn_add_elementwise_s8(at(net, op->in[0]) + from, at(net, op->in[1]) + from, params->offset[0],
                              params->offset[1], params->mult[0], params->mult[1], params->shift[0], params->shift[1],
                              20, at(net, op->out) + from, params->out_offset, params->out_mult, params->out_shift,
                              params->activation.min, params->activation.max, (int32_t)count);
}

// Rows of the padded output, counted over the batch as well.
static void pad(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t rows) {
    const pad_params_t *params = &op->as.pad;
    const int32_t row = op->input.width * op->input.channels, padded = op->output.width * op->output.channels;
    for (uint32_t i = from; i < from + rows; i++) {
        int8_t *to = at(net, op->out) + (int32_t)i * padded;
        memset(to, params->value, (size_t)padded);
        const int32_t batch = (int32_t)i / op->output.height - params->before[0];
        const int32_t y = (int32_t)i % op->output.height - params->before[1];
        if (batch < 0 || batch >= op->input.extra || y < 0 || y >= op->input.height) {
            continue;
        }
        const int8_t *source = at(net, op->in[0]) + (batch * op->input.height + y) * row;
        to += params->before[2] * op->output.channels + params->before[3];
        for (int32_t x = 0; x < op->input.width; x++) {
            memcpy(to + x * op->output.channels, source + x * op->input.channels, (size_t)op->input.channels);
        }
    }
}

static void concatenate(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t times) {
    const uint32_t *inner = op->as.concat.inner;
    for (uint32_t i = from; i < from + times; i++) {
        int8_t *to = at(net, op->out) + i * (inner[0] + inner[1]);
        memcpy(to, at(net, op->in[0]) + i * inner[0], inner[0]);
        memcpy(to + inner[0], at(net, op->in[1]) + i * inner[1], inner[1]);
    }
}

static void work(const tflite_net_t *net, const tflite_op_t *op, uint32_t from, uint32_t units) {
    const uint32_t channels = (uint32_t)op->output.channels;
    switch (op->kind) {
        case OP_CONV: convolve(net, op, from, units); break;
        case OP_DEPTHWISE: convolve_depthwise(net, op, from, units); break;
        case OP_MAX_POOL: pool(net, op, from, units); break;
        case OP_ADD: add(net, op, from, units); break;
        case OP_PAD: pad(net, op, from, units); break;
        case OP_CONCAT: concatenate(net, op, from, units); break;
        case OP_COPY: memcpy(at(net, op->out) + from, at(net, op->in[0]) + from, units); break;
        case OP_PRELU:
            prelu_s8(at(net, op->in[0]) + from * channels, op->weights, at(net, op->out) + from * channels,
                     (int32_t)(units * channels), (int32_t)channels, &op->as.prelu);
            break;
        case OP_SOFTMAX:
            esp_nn_set_softmax_scratch_buf(at(net, op->scratch));
            esp_nn_softmax_s8(at(net, op->in[0]) + from * channels, (int32_t)units, (int32_t)channels,
                              op->as.softmax.mult, op->as.softmax.shift, op->as.softmax.diff_min,
                              at(net, op->out) + from * channels);
            break;
    }
}

tflite_error_t tflite_use(tflite_net_t *net, void *arena, uint32_t arena_bytes) {
    if (((uintptr_t)arena & (TFLITE_ALIGNMENT - 1)) != 0) {
        return TFLITE_MISALIGNED;
    }
    if (arena == NULL || arena_bytes < net->arena_bytes) {
        return TFLITE_NO_ROOM;
    }
    net->arena = arena;
    net->input.at = at(net, net->input.offset);
    for (uint32_t i = 0; i < net->output_count; i++) {
        net->outputs[i].at = at(net, net->outputs[i].offset);
    }
    net->op = net->op_count;
    return TFLITE_OK;
}

int8_t *tflite_input(tflite_net_t *net) {
    net->op = net->done = 0;
    return net->input.at;
}

bool tflite_step(tflite_net_t *net, uint32_t macs) {
    while (net->op < net->op_count) {
        const tflite_op_t *op = &net->ops[net->op];
        const uint32_t left = op->units - net->done;
        uint32_t units = macs / op->macs_per_unit;
        units = units == 0 ? 1 : units < left ? units : left;  // never none: each step gets further
        work(net, op, net->done, units);
        net->done += units;
        if (net->done == op->units) {
            net->op++;
            net->done = 0;
        }
        const uint64_t spent = (uint64_t)units * op->macs_per_unit;
        if (spent >= macs) {
            break;
        }
        macs -= (uint32_t)spent;
    }
    return net->op < net->op_count;
}
