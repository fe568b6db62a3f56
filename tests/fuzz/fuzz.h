/*
 * A fuzz target: what libFuzzer calls with made-up input (clang, -fsanitize=fuzzer), and what
 * mutate.c calls in the ordinary test suite. It aborts when the reader does what it must not.
 */
#ifndef ASYNCRL_TESTS_FUZZ_H
#define ASYNCRL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
