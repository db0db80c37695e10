// One hostile file for the TFLite core: opened, planned and, where it was taken, run. libFuzzer's entry; with
// mutate.c it is a program of its own for a compiler that has no libFuzzer.
#include <stdlib.h>
#include <string.h>

#include "net.h"

#define MOST_MACS 4000000u        // a file may ask for hours of work; that is not what is looked for here
#define MOST_BYTES (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *room(size_t bytes) { return aligned_alloc(TFLITE_ALIGNMENT, (bytes + 15) / 16 * 16); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // A block of exactly this size, so that the address sanitizer sees a byte beyond it.
    uint8_t *model = malloc(size ? size : 1);
    memcpy(model, data, size);
    tflite_net_t net;
    if (tflite_open(&net, model, (uint32_t)size, NULL, 0) == TFLITE_OK && net.table_bytes < MOST_BYTES) {
        void *table = room(net.table_bytes);
        if (tflite_open(&net, model, (uint32_t)size, table, net.table_bytes) == TFLITE_OK &&
            net.arena_bytes < MOST_BYTES && net.macs < MOST_MACS) {
            void *arena = room(net.arena_bytes);
            memset(arena, 0x5a, net.arena_bytes);
            if (tflite_use(&net, arena, net.arena_bytes) != TFLITE_OK) {
                abort();
            }
            memset(tflite_input(&net), 0x81, net.input.bytes);
            uint32_t slices = 0;
            while (tflite_step(&net, 1000)) {
                slices++;
            }
            if (slices > net.macs) {
                abort();
            }
            free(arena);
        }
        free(table);
    }
    free(model);
    return 0;
}
