#include "load.h"

#include <string.h>

#define MOST_TENSORS 1024
#define MOST_OPS 512

// Fields of TensorFlow Lite's schema, version 3.
enum { MODEL_VERSION, MODEL_CODES, MODEL_SUBGRAPHS, MODEL_BUFFERS = 4 };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPS };
enum { OP_CODE, OP_INPUTS, OP_OUTPUTS, OP_OPTIONS = 4 };
enum { CODE_OLD, CODE_NEW = 3 };

typedef struct {
    loader_t load;
    flat_vector_t codes, ops, inputs, outputs;
    uint32_t multipliers;  // numbers in all
} file_t;

static int32_t code_of(file_t *file, uint32_t op) {
    flat_t *flat = &file->load.flat;
    const uint32_t code = flat_table_in(flat, file->codes, (uint32_t)flat_i32(flat, op, OP_CODE, 0));
    const int32_t old = flat_i8(flat, code, CODE_OLD, 0), new = flat_i32(flat, code, CODE_NEW, 0);
    return old > new ? old : new;  // a byte was once enough; since then the larger one counts
}

// The output of an operator and its kind, which is all that measuring needs.
static tflite_error_t look_at_op(file_t *file, uint32_t index, uint32_t *op, int32_t *code, op_kind_t *kind,
                                 uint32_t *fewest, uint32_t *most) {
    flat_t *flat = &file->load.flat;
    *op = flat_table_in(flat, file->ops, index);
    *code = code_of(file, *op);
    if (flat->bad) {
        return TFLITE_DAMAGED;
    }
    return op_kind(*code, kind, fewest, most) ? TFLITE_OK : TFLITE_OPERATOR;
}

static tflite_error_t look_at_file(file_t *file, const uint8_t *model, uint32_t model_bytes, uint32_t *refused_at) {
    memset(file, 0, sizeof *file);
    flat_t *flat = &file->load.flat;
    flat->bytes = model;
    flat->size = model_bytes;
    const uint32_t root = flat_root(flat, "TFL3");
    const flat_vector_t graphs = flat_vector(flat, root, MODEL_SUBGRAPHS, 4);
    file->codes = flat_vector(flat, root, MODEL_CODES, 4);
    file->load.buffers = flat_vector(flat, root, MODEL_BUFFERS, 4);
    if (flat->bad || flat_i32(flat, root, MODEL_VERSION, 0) != 3) {
        return TFLITE_DAMAGED;
    }
    if (graphs.count != 1) {
        return TFLITE_TOO_MANY;
    }
    const uint32_t graph = flat_table_in(flat, graphs, 0);
    file->load.tensors = flat_vector(flat, graph, GRAPH_TENSORS, 4);
    file->ops = flat_vector(flat, graph, GRAPH_OPS, 4);
    file->inputs = flat_vector(flat, graph, GRAPH_INPUTS, 4);
    file->outputs = flat_vector(flat, graph, GRAPH_OUTPUTS, 4);
    if (flat->bad) {
        return TFLITE_DAMAGED;
    }
    if (file->load.tensors.count > MOST_TENSORS || file->ops.count > MOST_OPS || file->inputs.count != 1 ||
        file->outputs.count < 1 || file->outputs.count > TFLITE_MOST_OUTPUTS) {
        return TFLITE_TOO_MANY;
    }
    for (uint32_t i = 0; i < file->ops.count; i++) {
        uint32_t op, fewest, most;
        int32_t code;
        op_kind_t kind;
        *refused_at = i;
        const tflite_error_t error = look_at_op(file, i, &op, &code, &kind, &fewest, &most);
        if (error != TFLITE_OK) {
            return error;
        }
        if (op_wants_multipliers(kind)) {
            tensor_t out;
            const flat_vector_t outputs = flat_vector(flat, op, OP_OUTPUTS, 4);
            const tflite_error_t read = read_tensor(&file->load, flat_i32_in(flat, outputs, 0), &out);
            if (read != TFLITE_OK) {
                return read;
            }
            file->multipliers += 2 * (uint32_t)out.dims[out.rank - 1];
        }
    }
    return TFLITE_OK;
}

// An activation: int8 with one scale, no constant.
static tflite_error_t read_activation_tensor(loader_t *load, int32_t index, tensor_t *made) {
    const tflite_error_t error = read_tensor(load, index, made);
    if (error != TFLITE_OK) {
        return error;
    }
    if (made->type != TYPE_INT8) {
        return TFLITE_TYPE;
    }
    if (made->scales.count != 1) {
        return TFLITE_QUANTIZATION;
    }
    return made->data ? TFLITE_CONSTANT : TFLITE_OK;
}

// Everything about operator `index`: its tensors, when they are in use, and what its kernel wants.
static tflite_error_t read_one(file_t *file, uint32_t index, int32_t *mult, tflite_op_t *op) {
    loader_t *load = &file->load;
    flat_t *flat = &load->flat;
    reading_t reading = {.load = load, .mult = mult};
    uint32_t table, fewest, most;
    int32_t code;
    memset(op, 0, sizeof *op);
    tflite_error_t error = look_at_op(file, index, &table, &code, &op->kind, &fewest, &most);
    const flat_vector_t inputs = flat_vector(flat, table, OP_INPUTS, 4);
    const flat_vector_t outputs = flat_vector(flat, table, OP_OUTPUTS, 4);
    reading.options = flat_table(flat, table, OP_OPTIONS);
    if (error != TFLITE_OK || flat->bad) {
        return flat->bad ? TFLITE_DAMAGED : error;
    }
    if (inputs.count < fewest || inputs.count > most || outputs.count != 1) {
        return TFLITE_TOO_MANY;
    }
    const uint32_t activations = op->kind == OP_ADD || op->kind == OP_CONCAT ? 2 : 1;
    reading.inputs = inputs.count;
    for (uint32_t i = 0; i < inputs.count; i++) {
        const int32_t tensor = flat_i32_in(flat, inputs, i);
        if (i == 2 && tensor < 0) {  // an optional bias that is left out
            reading.inputs = 2;
            break;
        }
        error = i < activations ? read_activation_tensor(load, tensor, &reading.in[i])
                                : read_tensor(load, tensor, &reading.in[i]);
        if (error != TFLITE_OK) {
            return error;
        }
        if (i < activations) {
            span_t *span = &load->spans[tensor];
            if (span->first == NOBODY) {
                return TFLITE_ORDER;
            }
            span->last = span->last > (int32_t)index ? span->last : (int32_t)index;
            op->in[i] = (uint32_t)tensor;
        }
    }
    op->out = (uint32_t)flat_i32_in(flat, outputs, 0);
    error = read_activation_tensor(load, (int32_t)op->out, &reading.out);
    if (error != TFLITE_OK) {
        return error;
    }
    span_t *span = &load->spans[op->out];
    if (span->first != NOBODY) {
        return TFLITE_ORDER;
    }
    *span = (span_t){.bytes = reading.out.elements, .first = (int32_t)index, .last = (int32_t)index};
    error = read_op(&reading, code, op);
    return flat->bad ? TFLITE_DAMAGED : error;
}

static tflite_error_t read_end(loader_t *load, int32_t index, tflite_tensor_t *made) {
    tensor_t tensor;
    const tflite_error_t error = read_activation_tensor(load, index, &tensor);
    if (error == TFLITE_OK) {
        made->bytes = tensor.elements;
        made->scale = tensor.scale;
        made->zero_point = tensor.zero_point;
        made->offset = (uint32_t)index;
    }
    return error;
}

static tflite_error_t read_ops(file_t *file, tflite_net_t *net, int32_t *mult) {
    loader_t *load = &file->load;
    uint64_t macs = 0;
    const int32_t input = flat_i32_in(&load->flat, file->inputs, 0);
    tflite_error_t error = read_end(load, input, &net->input);
    if (error != TFLITE_OK) {
        return error;
    }
    load->spans[input] = (span_t){.bytes = net->input.bytes, .first = BEFORE, .last = BEFORE};
    for (uint32_t i = 0; i < net->op_count; i++) {
        tflite_op_t *op = &net->ops[i];
        net->refused_at = i;
        error = read_one(file, i, mult, op);
        if (error != TFLITE_OK) {
            return error;
        }
        if (op_wants_multipliers(op->kind)) {
            mult += 2 * op->output.channels;
        }
        load->spans[load->tensors.count + i] =
            (span_t){.bytes = op->scratch_bytes, .first = (int32_t)i, .last = (int32_t)i};
        macs += (uint64_t)op->units * op->macs_per_unit;
    }
    net->macs = macs > UINT32_MAX ? UINT32_MAX : (uint32_t)macs;
    for (uint32_t i = 0; i < net->output_count; i++) {
        const int32_t output = flat_i32_in(&load->flat, file->outputs, i);
        error = read_end(load, output, &net->outputs[i]);
        if (error != TFLITE_OK) {
            return error;
        }
        if (load->spans[output].first == NOBODY) {
            return TFLITE_ORDER;
        }
        load->spans[output].last = NOBODY - 1;  // it is read after the run
    }
    return TFLITE_OK;
}

// From tensors to places.
static tflite_error_t place(file_t *file, tflite_net_t *net) {
    const span_t *spans = file->load.spans;
    net->arena_bytes = plan_arena(file->load.spans, file->load.tensors.count + net->op_count);
    if (net->arena_bytes == 0) {
        return TFLITE_SHAPE;
    }
    for (uint32_t i = 0; i < net->op_count; i++) {
        tflite_op_t *op = &net->ops[i];
        op->in[0] = spans[op->in[0]].offset;
        op->in[1] = op->kind == OP_ADD || op->kind == OP_CONCAT ? spans[op->in[1]].offset : 0;
        op->out = spans[op->out].offset;
        op->scratch = op->scratch_bytes ? spans[file->load.tensors.count + i].offset : 0;
    }
    net->input.offset = spans[net->input.offset].offset;
    for (uint32_t i = 0; i < net->output_count; i++) {
        net->outputs[i].offset = spans[net->outputs[i].offset].offset;
    }
    return TFLITE_OK;
}

tflite_error_t tflite_open(tflite_net_t *net, const uint8_t *model, uint32_t model_bytes, void *table,
                           uint32_t table_bytes) {
    file_t file;
    memset(net, 0, sizeof *net);
    const tflite_error_t error = look_at_file(&file, model, model_bytes, &net->refused_at);
    if (error != TFLITE_OK) {
        return error;
    }
    net->op_count = file.ops.count;
    net->output_count = file.outputs.count;
    const uint32_t spans = file.load.tensors.count + file.ops.count;
    const uint64_t needed = (uint64_t)file.ops.count * sizeof(tflite_op_t) + (uint64_t)spans * sizeof(span_t) +
                            (uint64_t)file.multipliers * sizeof(int32_t);
    if (needed > INT32_MAX) {
        return TFLITE_TOO_MANY;
    }
    net->table_bytes = (uint32_t)needed;
    if (table == NULL) {
        return TFLITE_OK;
    }
    if (((uintptr_t)table & (TFLITE_ALIGNMENT - 1)) != 0) {
        return TFLITE_MISALIGNED;
    }
    if (table_bytes < needed) {
        return TFLITE_NO_ROOM;
    }
    net->ops = table;
    file.load.spans = (span_t *)(net->ops + file.ops.count);
    int32_t *mult = (int32_t *)(file.load.spans + spans);
    for (uint32_t i = 0; i < spans; i++) {
        file.load.spans[i] = (span_t){.first = NOBODY, .last = BEFORE};
    }
    const tflite_error_t read = read_ops(&file, net, mult);
    return read == TFLITE_OK ? place(&file, net) : read;
}

const char *tflite_error_name(tflite_error_t error) {
    static const char NAMES[][13] = {  // letters, not pointers: a native module is loaded anywhere
        "ok",           "damaged",  "misaligned", "too-many", "shape",    "type",
        "quantization", "operator", "option",     "order",    "constant", "no-room",
    };
    return (uint32_t)error < sizeof NAMES / sizeof *NAMES ? NAMES[error] : "unknown";
}
