// Reading a flatbuffer (the format of a .tflite file) that may be damaged or hostile.
//
// Every step checks its bounds. After a step that failed, `bad` stays set and whatever is read is 0, so a caller may
// read a whole table and ask once. Positions are byte offsets from the begin of the file; 0 stands for "not there".
#ifndef OSTIARY_TFLITE_FLAT_H
#define OSTIARY_TFLITE_FLAT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const uint8_t *bytes;
    uint32_t size;
    bool bad;
} flat_t;

typedef struct {
    uint32_t at;    // position of the first element
    uint32_t count;
} flat_vector_t;

// The root table, or 0 when the file is too short or does not carry `identifier` (4 letters).
uint32_t flat_root(flat_t *flat, const char *identifier);

// The position of field number `field` of the table at `table`, or 0 when the table leaves it out.
// `size`: how many bytes the field has.
uint32_t flat_field(flat_t *flat, uint32_t table, uint32_t field, uint32_t size);

int32_t flat_i32(flat_t *flat, uint32_t table, uint32_t field, int32_t otherwise);
int32_t flat_i8(flat_t *flat, uint32_t table, uint32_t field, int32_t otherwise);

// The table or vector to which a field points; 0, or an empty vector, when the field is left out.
uint32_t flat_table(flat_t *flat, uint32_t table, uint32_t field);
flat_vector_t flat_vector(flat_t *flat, uint32_t table, uint32_t field, uint32_t element_size);

// Element `index` of a vector of tables or of 32-bit numbers.
uint32_t flat_table_in(flat_t *flat, flat_vector_t vector, uint32_t index);
int32_t flat_i32_in(flat_t *flat, flat_vector_t vector, uint32_t index);

#endif
