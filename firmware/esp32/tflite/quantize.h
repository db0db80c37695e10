// From the scales of a model to whole numbers, as TensorFlow Lite Micro does it, so that results are its own to the bit.
// (B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
// CVPR 2018, section 2.2.)
#ifndef OSTIARY_TFLITE_QUANTIZE_H
#define OSTIARY_TFLITE_QUANTIZE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t mult;   // in Q31
    int32_t shift;  // power of two; positive shifts left
} multiplier_t;

// `real` (0 ≤ real) as multiplier and shift. False where a shift beyond [-31, 30] would be needed.
bool quantize_multiplier(double real, multiplier_t *made);

// `value` / 2^`times` (0 to 31), rounded, ties away from zero.
static inline int32_t divide_by_power(int32_t value, int32_t times) {
    int32_t mask = (int32_t)(((uint32_t)1 << times) - 1);
    return (value >> times) + ((value & mask) > (mask >> 1) + (value < 0 ? 1 : 0) ? 1 : 0);
}

// `x` times the multiplier: a rounding doubling high multiplication, then a rounding shift, each ties away from zero.
static inline int32_t requantize(int32_t x, int32_t mult, int32_t shift) {
    int32_t left = shift > 0 ? shift : 0;
    int32_t right = shift > 0 ? 0 : -shift;
    int32_t shifted = (int32_t)((uint32_t)x << left);
    int64_t product = (int64_t)shifted * mult;
    int64_t nudged = product + (product >= 0 ? 1 << 30 : 1 - (1 << 30));
    int32_t high = shifted == INT32_MIN && mult == INT32_MIN ? INT32_MAX
                                                             : (int32_t)(nudged / ((int64_t)1 << 31));  // towards zero
    return divide_by_power(high, right);
}

#endif
