#include "shell.h"

#include <string.h>

#include "net.h"

static tflite_block_t aligned(tflite_block_t block) {
    const size_t ahead = (size_t)(-(uintptr_t)block.at & (TFLITE_ALIGNMENT - 1));
    if (block.at == NULL || block.bytes < ahead) {
        return (tflite_block_t){NULL, 0};
    }
    return (tflite_block_t){(uint8_t *)block.at + ahead, block.bytes - ahead};
}

static uint32_t at_most(size_t bytes) { return bytes > INT32_MAX ? INT32_MAX : (uint32_t)bytes; }

static void tell(const tflite_net_t *net, uint32_t ahead, uint32_t *told) {
    told[TFLITE_NET_BYTES] = sizeof *net;
    told[TFLITE_TABLE_BYTES] = net->table_bytes;
    told[TFLITE_ARENA_BYTES] = net->arena_bytes;
    told[TFLITE_MACS] = net->macs;
    told[TFLITE_REFUSED_AT] = net->refused_at;
    told[TFLITE_OP_COUNT] = net->op_count;
    told[TFLITE_OUTPUT_COUNT] = net->output_count;
    for (uint32_t i = 0; i <= TFLITE_MOST_OUTPUTS; i++) {
        const tflite_tensor_t *tensor = i == 0 ? &net->input : &net->outputs[i - 1];
        uint32_t *place = told + TFLITE_INPUT + 4 * i;
        place[0] = tensor->offset + ahead;
        place[1] = tensor->bytes;
        place[2] = (uint32_t)tensor->zero_point;
        memcpy(&place[3], &tensor->scale, sizeof *place);
    }
}

static int32_t name_of(uint32_t error, tflite_block_t letters) {
    const char *name = tflite_error_name((tflite_error_t)error);
    size_t length = 0;
    while (name[length] != 0 && length < letters.bytes) {
        ((char *)letters.at)[length] = name[length];
        length++;
    }
    return (int32_t)length;
}

int32_t tflite_call(int32_t what, tflite_block_t state, tflite_block_t a, tflite_block_t b, tflite_block_t told,
                    uint32_t number) {
    tflite_net_t measured;
    const tflite_block_t own = what == TFLITE_MEASURE ? (tflite_block_t){&measured, sizeof measured} : aligned(state);
    tflite_net_t *net = own.at;
    tflite_block_t room = {NULL, 0};
    int32_t result = TFLITE_OK;
    if (what == TFLITE_NAME) {
        return a.at == NULL ? -1 : name_of(number, a);
    }
    if (own.bytes < sizeof *net || (what <= TFLITE_USE && (told.at == NULL || told.bytes < 4 * TFLITE_TOLD ||
                                                          ((uintptr_t)told.at & 3) != 0 || a.at == NULL))) {
        return -1;
    }
    switch (what) {
        case TFLITE_MEASURE: result = (int32_t)tflite_open(net, a.at, at_most(a.bytes), NULL, 0); break;
        case TFLITE_OPEN:
            room = aligned(b);
            result = room.at == NULL ? TFLITE_NO_ROOM
                                     : (int32_t)tflite_open(net, a.at, at_most(a.bytes), room.at, at_most(room.bytes));
            break;
        case TFLITE_USE:
            room = aligned(a);
            result = (int32_t)tflite_use(net, room.at, at_most(room.bytes));
            break;
        case TFLITE_BEGIN: return net->arena == NULL ? -1 : (tflite_input(net), TFLITE_OK);
        case TFLITE_STEP: return net->arena == NULL ? -1 : tflite_step(net, number);
        default: return -1;
    }
    const uint32_t ahead = what == TFLITE_USE && room.at ? (uint32_t)((uint8_t *)room.at - (uint8_t *)a.at) : 0;
    tell(net, ahead, told.at);
    return result;
}
