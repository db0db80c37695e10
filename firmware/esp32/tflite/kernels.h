// The arithmetic, with the names and signatures of Espressif's esp-nn (Apache-2.0), so that a firmware with
// TFLITE_ESP_NN links its SIMD kernels in the place of the plain ones in kernels.c. Data is int8, height, width,
// channels; offsets are minus the zero points of inputs, plus that of the output.
#ifndef OSTIARY_TFLITE_KERNELS_H
#define OSTIARY_TFLITE_KERNELS_H

#include <stdint.h>

#ifdef TFLITE_ESP_NN
#include <esp_nn.h>
#else

typedef struct { int32_t width, height, channels, extra; } data_dims_t;
typedef struct { int32_t width, height; } data_2d_t;
typedef struct { int32_t min, max; } act_params_t;
typedef struct { int32_t *shift, *mult; } quant_data_t;  // one of each for every output channel
typedef struct {
    int32_t in_offset, out_offset;
    data_2d_t stride, padding, dilation;
    act_params_t activation;
} conv_params_t;
typedef struct {
    int32_t in_offset, out_offset, ch_mult;
    data_2d_t stride, padding, dilation;
    act_params_t activation;
} dw_conv_params_t;

void esp_nn_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                    const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims, int8_t *output,
                    const conv_params_t *params, const quant_data_t *quant);
void esp_nn_depthwise_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                              const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims,
                              int8_t *output, const dw_conv_params_t *params, const quant_data_t *quant);
void esp_nn_add_elementwise_s8(const int8_t *input1, const int8_t *input2, const int32_t input1_offset,
                               const int32_t input2_offset, const int32_t input1_mult, const int32_t input2_mult,
                               const int32_t input1_shift, const int32_t input2_shift, const int32_t left_shift,
                               int8_t *output, const int32_t out_offset, const int32_t out_mult,
                               const int32_t out_shift, const int32_t activation_min, const int32_t activation_max,
                               const int32_t size);
void esp_nn_max_pool_s8(const int8_t *input, const uint16_t input_wd, const uint16_t input_ht, int8_t *output,
                        const uint16_t output_wd, const uint16_t output_ht, const uint16_t stride_wd,
                        const uint16_t stride_ht, const uint16_t filter_wd, const uint16_t filter_ht,
                        const uint16_t pad_wd, const uint16_t pad_ht, const int32_t activation_min,
                        const int32_t activation_max, const uint16_t channels);
void esp_nn_softmax_s8(const int8_t *input, const int32_t height, const int32_t width, const int32_t mult,
                       const int32_t shift, const int32_t diff_min, int8_t *output);

// The plain kernels need no room of their own; esp-nn's say here how much they want and are given it.
static inline int esp_nn_get_conv_scratch_size(const data_dims_t *input_dims, const data_dims_t *filter_dims,
                                               const data_dims_t *output_dims, const conv_params_t *params) {
    (void)input_dims, (void)filter_dims, (void)output_dims, (void)params;
    return 0;
}
static inline void esp_nn_set_conv_scratch_buf(const void *buffer) { (void)buffer; }
static inline int esp_nn_get_depthwise_conv_scratch_size(const data_dims_t *input_dims, const data_dims_t *filter_dims,
                                                         const data_dims_t *output_dims,
                                                         const dw_conv_params_t *params) {
    (void)input_dims, (void)filter_dims, (void)output_dims, (void)params;
    return 0;
}
static inline void esp_nn_set_depthwise_conv_scratch_buf(const void *buffer) { (void)buffer; }
static inline int32_t esp_nn_get_softmax_scratch_size(const int32_t width, const int32_t height) {
    (void)width, (void)height;
    return 0;
}
static inline void esp_nn_set_softmax_scratch_buf(void *buffer) { (void)buffer; }

#endif

// esp-nn has no PReLU. `slopes` and the two multipliers are those of a negative and a positive input.
typedef struct {
    int32_t in_offset, slope_offset, out_offset;
    int32_t positive_mult, positive_shift, negative_mult, negative_shift;
} prelu_params_t;

// `size` bytes, a multiple of `channels`; one slope for each channel.
void prelu_s8(const int8_t *input, const int8_t *slopes, int8_t *output, int32_t size, int32_t channels,
              const prelu_params_t *params);

#endif
