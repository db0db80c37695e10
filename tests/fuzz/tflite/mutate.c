// mutate SEED COUNT FILE…: COUNT hostile files made from these, given to one_input.c. Case n follows from SEED + n alone.
// Prints how many there were.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

static uint32_t draw(uint32_t below) {  // splitmix64 (S. Vigna, public domain)
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

static void hurt(uint8_t *data, size_t *size) {
    static const uint32_t NUMBERS[] = {0, 1, 2, 4, 8, 127, 128, 255, 256, 65535, 65536, 1u << 30, INT32_MAX,
                                       1u << 31, UINT32_MAX, UINT32_MAX - 3};
    const uint32_t at = draw((uint32_t)*size);
    uint32_t number = NUMBERS[draw(sizeof NUMBERS / sizeof *NUMBERS)];
    switch (draw(7)) {
        case 0: data[at] ^= (uint8_t)(1u << draw(8)); break;
        case 1: data[at] = (uint8_t)draw(256); break;
        case 2: data[at] = (uint8_t)(data[at] + draw(17) - 8); break;
        case 3:  // a 32-bit number where one may be
            if ((at & ~3u) + 4 <= *size) memcpy(data + (at & ~3u), &number, 4);
            break;
        case 4:  // a 16-bit one, as a vtable has them
            if ((at & ~1u) + 2 <= *size) memcpy(data + (at & ~1u), &number, 2);
            break;
        case 5: {  // some bytes of elsewhere
            const uint32_t from = draw((uint32_t)*size), count = 1 + draw(16);
            if (at + count <= *size && from + count <= *size) memmove(data + at, data + from, count);
            break;
        }
        default:
            if (draw(20) == 0) *size = at + 1;
    }
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "mutate SEED COUNT FILE…\n");
        return 2;
    }
    const uint64_t seed = strtoull(words[1], NULL, 10), cases = strtoull(words[2], NULL, 10);
    for (uint64_t n = 0; n < cases; n++) {
        state = seed + n;
        FILE *file = fopen(words[3 + draw((uint32_t)count - 3)], "rb");
        static uint8_t data[1 << 16];
        size_t size = file ? fread(data, 1, sizeof data, file) : 0;
        if (file) fclose(file);
        if (size == 0) {
            fprintf(stderr, "no file to start from\n");
            return 2;
        }
        for (uint32_t wounds = 1 + draw(4); wounds > 0; wounds--) hurt(data, &size);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%llu cases\n", (unsigned long long)cases);
    return 0;
}
