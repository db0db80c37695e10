#include "kernels.h"

#include "quantize.h"

static inline int32_t clamped(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

// `scaled` + `offset` within [low, high]. Clamped first, so that no value of a hostile model overflows the sum.
static inline int8_t settled(int32_t scaled, int32_t offset, int32_t low, int32_t high) {
    return (int8_t)(clamped(scaled, low - offset, high - offset) + offset);
}

#ifndef TFLITE_ESP_NN

static inline int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }
static inline int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

// Σ (input + offset) · filter over a run of bytes that lie together in both.
static inline int32_t dot(const int8_t *restrict input, const int8_t *restrict filter, int32_t offset, int32_t count) {
    int32_t products = 0, weights = 0;
    for (int32_t i = 0; i < count; i++) {
        products += (int16_t)input[i] * (int16_t)filter[i];
        weights += filter[i];
    }
    return products + offset * weights;
}

void esp_nn_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                    const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims, int8_t *output,
                    const conv_params_t *params, const quant_data_t *quant) {
    const int32_t channels = input_dims->channels;
    const int32_t filter_row = filter_dims->width * channels;
    for (int32_t y = 0; y < output_dims->height; y++) {
        const int32_t top = y * params->stride.height - params->padding.height;
        const int32_t from_y = larger(0, -top), to_y = smaller(filter_dims->height, input_dims->height - top);
        for (int32_t x = 0; x < output_dims->width; x++) {
            const int32_t left = x * params->stride.width - params->padding.width;
            const int32_t from_x = larger(0, -left), to_x = smaller(filter_dims->width, input_dims->width - left);
            const int32_t run = larger(0, to_x - from_x) * channels;
            for (int32_t out = 0; out < output_dims->channels; out++) {
                uint32_t sum = bias ? (uint32_t)bias[out] : 0;  // it may wrap, as a hostile model likes
                for (int32_t ky = from_y; ky < to_y && run > 0; ky++) {
                    sum += (uint32_t)dot(input + ((top + ky) * input_dims->width + left + from_x) * channels,
                                         filter + (out * filter_dims->height + ky) * filter_row + from_x * channels,
                                         params->in_offset, run);
                }
                *output++ = settled(requantize((int32_t)sum, quant->mult[out], quant->shift[out]), params->out_offset,
                                    params->activation.min, params->activation.max);
            }
        }
    }
}

// Channels in groups: their sums stay in registers while the taps go by, and neighbours lie together in memory.
#define TOGETHER 16

static inline void depthwise_at(const data_dims_t *input_dims, const int8_t *restrict input,
                                const int8_t *restrict filter, int32_t filter_width, int32_t offset, int32_t top,
                                int32_t left, const int32_t bounds[4], int32_t group, uint32_t *restrict sums) {
    const int32_t channels = input_dims->channels;
    for (int32_t ky = bounds[0]; ky < bounds[1]; ky++) {
        for (int32_t kx = bounds[2]; kx < bounds[3]; kx++) {
            const int8_t *restrict pixel = input + ((top + ky) * input_dims->width + left + kx) * channels;
            const int8_t *restrict weight = filter + (ky * filter_width + kx) * channels;
            for (int32_t c = 0; c < group; c++) {
                sums[c] += (uint32_t)((pixel[c] + offset) * weight[c]);
            }
        }
    }
}

void esp_nn_depthwise_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                              const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims,
                              int8_t *output, const dw_conv_params_t *params, const quant_data_t *quant) {
    const int32_t channels = input_dims->channels;
    for (int32_t y = 0; y < output_dims->height; y++) {
        const int32_t top = y * params->stride.height - params->padding.height;
        for (int32_t x = 0; x < output_dims->width; x++) {
            const int32_t left = x * params->stride.width - params->padding.width;
            const int32_t bounds[4] = {larger(0, -top), smaller(filter_dims->height, input_dims->height - top),
                                       larger(0, -left), smaller(filter_dims->width, input_dims->width - left)};
            for (int32_t first = 0; first < channels; first += TOGETHER) {
                uint32_t sums[TOGETHER];
                const int32_t group = smaller(TOGETHER, channels - first);
                for (int32_t c = 0; c < group; c++) {
                    sums[c] = bias ? (uint32_t)bias[first + c] : 0;
                }
                if (group == TOGETHER) {  // a constant length is unrolled
                    depthwise_at(input_dims, input + first, filter + first, filter_dims->width, params->in_offset, top,
                                 left, bounds, TOGETHER, sums);
                } else {
                    depthwise_at(input_dims, input + first, filter + first, filter_dims->width, params->in_offset, top,
                                 left, bounds, group, sums);
                }
                for (int32_t c = 0; c < group; c++) {
                    *output++ = settled(requantize((int32_t)sums[c], quant->mult[first + c], quant->shift[first + c]),
                                        params->out_offset, params->activation.min, params->activation.max);
                }
            }
        }
    }
}

void esp_nn_add_elementwise_s8(const int8_t *input1, const int8_t *input2, const int32_t input1_offset,
                               const int32_t input2_offset, const int32_t input1_mult, const int32_t input2_mult,
                               const int32_t input1_shift, const int32_t input2_shift, const int32_t left_shift,
                               int8_t *output, const int32_t out_offset, const int32_t out_mult,
                               const int32_t out_shift, const int32_t activation_min, const int32_t activation_max,
                               const int32_t size) {
    for (int32_t i = 0; i < size; i++) {
        const int32_t one = requantize((input1[i] + input1_offset) * (1 << left_shift), input1_mult, input1_shift);
        const int32_t other = requantize((input2[i] + input2_offset) * (1 << left_shift), input2_mult, input2_shift);
        const int32_t sum = (int32_t)((uint32_t)one + (uint32_t)other);
        output[i] = settled(requantize(sum, out_mult, out_shift), out_offset, activation_min, activation_max);
    }
}

void esp_nn_max_pool_s8(const int8_t *input, const uint16_t input_wd, const uint16_t input_ht, int8_t *output,
                        const uint16_t output_wd, const uint16_t output_ht, const uint16_t stride_wd,
                        const uint16_t stride_ht, const uint16_t filter_wd, const uint16_t filter_ht,
                        const uint16_t pad_wd, const uint16_t pad_ht, const int32_t activation_min,
                        const int32_t activation_max, const uint16_t channels) {
    for (int32_t y = 0; y < output_ht; y++) {
        const int32_t top = y * stride_ht - pad_ht;
        for (int32_t x = 0; x < output_wd; x++) {
            const int32_t left = x * stride_wd - pad_wd;
            for (int32_t c = 0; c < channels; c++) {
                int32_t highest = INT8_MIN;
                for (int32_t ky = larger(0, -top); ky < smaller(filter_ht, input_ht - top); ky++) {
                    for (int32_t kx = larger(0, -left); kx < smaller(filter_wd, input_wd - left); kx++) {
                        highest = larger(highest, input[((top + ky) * input_wd + left + kx) * channels + c]);
                    }
                }
                *output++ = (int8_t)clamped(highest, activation_min, activation_max);
            }
        }
    }
}

// Fixed-point exp and 1/(1+x) of gemmlowp's fixedpoint.h (Apache-2.0, Google), which TensorFlow Lite's softmax is
// defined by; numbers are in Qm.n with m integer bits. A product rounds as requantize's first half does.
static int32_t product(int32_t a, int32_t b) { return requantize(a, b, 0); }
// exp(value) in Q0.31 for value in (-1/4, 0], Q0.31: a Taylor series about -1/8.
static int32_t exp_near_zero(int32_t value) {
    const int32_t x = value + (1 << 28), x2 = product(x, x), x3 = product(x2, x), x4 = product(x2, x2);
    const int32_t higher = divide_by_power(product(divide_by_power(x4, 2) + x3, 715827883) + x2, 1);  // 715827883: 1/3
    return 1895147668 + product(1895147668, x + higher);                            // 1895147668: exp(-1/8)
}

// exp(value) in Q0.31 for a value ≤ 0 in Q5.26.
static int32_t exp_of(int32_t value) {
    static const int32_t FACTORS[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    if (value == 0) {
        return INT32_MAX;
    }
    const int32_t quarter = 1 << 24;
    const int32_t fraction = (value & (quarter - 1)) - quarter;
    const int32_t rest = fraction - value;
    int32_t result = exp_near_zero((int32_t)((uint32_t)fraction << 5));
    for (int32_t i = 0; i < 7; i++) {  // exp(-1/4), exp(-1/2), … exp(-16)
        if (rest & (1 << (24 + i))) {
            result = product(result, FACTORS[i]);
        }
    }
    return result;
}

static int32_t saturated_left(int32_t value, int32_t times) {
    const int64_t wide = (int64_t)value * ((int64_t)1 << times);
    return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

// 1 / (1 + value) in Q0.31 for value in [0, 1), Q0.31: three steps of Newton and Raphson.
static int32_t reciprocal_of(int32_t value) {
    const int32_t half = (int32_t)(((int64_t)value + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + product(half, -1010580540);  // 48/17 and -32/17 in Q2.29
    for (int32_t i = 0; i < 3; i++) {
        x += saturated_left(product(x, (1 << 29) - product(half, x)), 2);
    }
    return saturated_left(x, 1);
}

void esp_nn_softmax_s8(const int8_t *input, const int32_t height, const int32_t width, const int32_t mult,
                       const int32_t shift, const int32_t diff_min, int8_t *output) {
    for (int32_t row = 0; row < height; row++, input += width, output += width) {
        int32_t highest = INT8_MIN, sum = 0;
        for (int32_t i = 0; i < width; i++) {
            highest = larger(highest, input[i]);
        }
        for (int32_t i = 0; i < width; i++) {
            const int32_t below = input[i] - highest;
            sum += below < diff_min ? 0 : divide_by_power(exp_of(requantize(below, mult, shift)), 12);
        }
        const int32_t zeros = __builtin_clz((uint32_t)sum);  // the highest number's exp alone is above 0
        const int32_t scale = reciprocal_of((int32_t)(((uint32_t)sum << zeros) - (1u << 31)));
        for (int32_t i = 0; i < width; i++) {
            const int32_t below = input[i] - highest;
            const int32_t share = below < diff_min ? 0 : product(scale, exp_of(requantize(below, mult, shift)));
            output[i] = (int8_t)clamped(divide_by_power(share, 12 - zeros + 31 - 8) + INT8_MIN, INT8_MIN, INT8_MAX);
        }
    }
}

#endif

void prelu_s8(const int8_t *input, const int8_t *slopes, int8_t *output, int32_t size, int32_t channels,
              const prelu_params_t *params) {
    for (int32_t i = 0; i < size; i += channels) {
        for (int32_t c = 0; c < channels; c++) {
            const int32_t value = input[i + c] + params->in_offset;
            const int32_t scaled = value >= 0 ? requantize(value, params->positive_mult, params->positive_shift)
                                              : requantize(value * (slopes[c] + params->slope_offset),
                                                           params->negative_mult, params->negative_shift);
            output[i + c] = settled(scaled, params->out_offset, INT8_MIN, INT8_MAX);
        }
    }
}
