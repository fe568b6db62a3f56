/* The base room's one header. Every other room builds on this room, which uses libc, libcrypto,
 * jansson and zlib. */
#ifndef ASYNCRL_BASE_BASE_H
#define ASYNCRL_BASE_BASE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file_kind.h"
#include "base/futex.h"
#include "base/gzip.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/parts.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/process.h"
#include "base/rng.h"
#include "base/seal.h"
#include "base/shared_library.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/team.h"
#include "base/tensor.h"
#include "base/vectorize.h"

#endif
