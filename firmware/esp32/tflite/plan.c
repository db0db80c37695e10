#include "op.h"

#define UNPLACED UINT32_MAX
#define MOST (1u << 31)

static bool together(const span_t *a, const span_t *b) { return a->first <= b->last && b->first <= a->last; }

// The lowest place for `span` beside those that have one.
static uint32_t lowest(const span_t *spans, uint32_t count, const span_t *span) {
    uint32_t offset = 0;
    for (;;) {
        uint32_t next = UNPLACED;  // where the first obstacle ends
        for (uint32_t i = 0; i < count; i++) {
            const span_t *other = &spans[i];
            if (other->offset == UNPLACED || !together(span, other)) {
                continue;
            }
            const uint32_t end = (other->offset + other->bytes + TFLITE_ALIGNMENT - 1) & ~(TFLITE_ALIGNMENT - 1u);
            if (other->offset < offset + span->bytes && offset < end && end < next) {
                next = end;
            }
        }
        if (next == UNPLACED) {
            return offset;
        }
        offset = next;
    }
}

uint32_t plan_arena(span_t *spans, uint32_t count) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        spans[i].offset = UNPLACED;
    }
    for (;;) {
        span_t *largest = NULL;
        for (uint32_t i = 0; i < count; i++) {
            if (spans[i].bytes && spans[i].offset == UNPLACED && (!largest || spans[i].bytes > largest->bytes)) {
                largest = &spans[i];
            }
        }
        if (!largest) {
            return total;
        }
        largest->offset = lowest(spans, count, largest);
        if ((uint64_t)largest->offset + largest->bytes >= MOST) {
            return 0;
        }
        if (largest->offset + largest->bytes > total) {
            total = largest->offset + largest->bytes;
        }
    }
}
