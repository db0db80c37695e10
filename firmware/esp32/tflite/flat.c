#include "flat.h"

// Whether `count` bytes from `at` lie in the file. The sum is made in 64 bits: no file overflows it.
static bool holds(flat_t *flat, uint32_t at, uint64_t count) {
    if (!flat->bad && (uint64_t)at + count <= flat->size) {
        return true;
    }
    flat->bad = true;
    return false;
}

static uint32_t u16_at(flat_t *flat, uint32_t at) {
    return holds(flat, at, 2) ? (uint32_t)(flat->bytes[at] | flat->bytes[at + 1] << 8) : 0;
}

static uint32_t u32_at(flat_t *flat, uint32_t at) {
    if (!holds(flat, at, 4)) {
        return 0;
    }
    const uint8_t *b = flat->bytes + at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

// An offset points forward by at least 4 bytes, so no chain of them can be a circle.
static uint32_t follow(flat_t *flat, uint32_t at) {
    uint32_t offset = u32_at(flat, at);
    if (flat->bad || offset < 4 || !holds(flat, at, (uint64_t)offset + 4)) {
        flat->bad = true;
        return 0;
    }
    return at + offset;
}

uint32_t flat_root(flat_t *flat, const char *identifier) {
    if (!holds(flat, 0, 8)) {
        return 0;
    }
    for (uint32_t i = 0; i < 4; i++) {
        if (flat->bytes[4 + i] != (uint8_t)identifier[i]) {
            flat->bad = true;
            return 0;
        }
    }
    return follow(flat, 0);
}

uint32_t flat_field(flat_t *flat, uint32_t table, uint32_t field, uint32_t size) {
    if (table == 0 || flat->bad) {
        return 0;
    }
    // A table begins with the distance back (or forward, when negative) to its vtable.
    int64_t vtable = (int64_t)table - (int32_t)u32_at(flat, table);
    if (flat->bad || vtable < 0 || vtable > (int64_t)flat->size) {
        flat->bad = true;
        return 0;
    }
    uint32_t vtable_size = u16_at(flat, (uint32_t)vtable);
    uint32_t slot = 4 + 2 * field;
    if (slot + 2 > vtable_size) {
        return 0;
    }
    uint32_t offset = u16_at(flat, (uint32_t)vtable + slot);
    if (offset == 0 || !holds(flat, table, (uint64_t)offset + size)) {
        return 0;
    }
    return table + offset;
}

int32_t flat_i32(flat_t *flat, uint32_t table, uint32_t field, int32_t otherwise) {
    uint32_t at = flat_field(flat, table, field, 4);
    return at ? (int32_t)u32_at(flat, at) : otherwise;
}

int32_t flat_i8(flat_t *flat, uint32_t table, uint32_t field, int32_t otherwise) {
    uint32_t at = flat_field(flat, table, field, 1);
    return at ? (int8_t)flat->bytes[at] : otherwise;
}

uint32_t flat_table(flat_t *flat, uint32_t table, uint32_t field) {
    uint32_t at = flat_field(flat, table, field, 4);
    return at ? follow(flat, at) : 0;
}

flat_vector_t flat_vector(flat_t *flat, uint32_t table, uint32_t field, uint32_t element_size) {
    flat_vector_t vector = {0, 0};
    uint32_t at = flat_table(flat, table, field);
    if (at) {
        uint32_t count = u32_at(flat, at);
        if (holds(flat, at, 4 + (uint64_t)count * element_size)) {
            vector.at = at + 4;
            vector.count = count;
        }
    }
    return vector;
}

uint32_t flat_table_in(flat_t *flat, flat_vector_t vector, uint32_t index) {
    if (index >= vector.count) {
        flat->bad = true;
        return 0;
    }
    return follow(flat, vector.at + 4 * index);
}

int32_t flat_i32_in(flat_t *flat, flat_vector_t vector, uint32_t index) {
    if (index >= vector.count) {
        flat->bad = true;
        return 0;
    }
    return (int32_t)u32_at(flat, vector.at + 4 * index);
}
