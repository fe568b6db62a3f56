/*
 * A fuzz target: libFuzzer calls it with generated input (clang, -fsanitize=fuzzer), and mutate.c
 * calls it in the ordinary test suite. It aborts if the reader misbehaves.
 */
#ifndef ASYNCRL_TESTS_FUZZ_H
#define ASYNCRL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
