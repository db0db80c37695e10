#include "quantize.h"

#include <string.h>

// frexp of IEEE 754 doubles, from their bits: a native module has no libm to link.
static uint64_t mantissa_of(double real, int32_t *exponent) {
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    int32_t biased = (int32_t)(bits >> 52 & 0x7ff);
    *exponent = biased - 1022;
    return (bits & 0xfffffffffffffull) | 0x10000000000000ull;  // 53 bits: real = mantissa / 2^53 * 2^exponent
}

bool quantize_multiplier(double real, multiplier_t *made) {
    made->mult = 0;
    made->shift = 0;
    if (!(real >= 0.0) || real > 1e9) {  // not a number, negative, or beyond any shift
        return false;
    }
    if (real < 1e-30) {  // zero, and whatever a shift of 31 makes zero
        return true;
    }
    int32_t exponent;
    uint64_t mantissa = mantissa_of(real, &exponent);
    // Rounded to 31 bits, ties away from zero, as round() does.
    uint64_t rounded = (mantissa + (1ull << 21)) >> 22;
    if (rounded == 1ull << 31) {
        rounded >>= 1;
        exponent++;
    }
    if (exponent < -31) {
        return true;
    }
    if (exponent > 30) {
        return false;
    }
    made->mult = (int32_t)rounded;
    made->shift = exponent;
    return true;
}
