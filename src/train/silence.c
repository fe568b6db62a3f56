#include "train/silence.h"

const double SILENT_SECONDS = 60;
const double LONG_SECONDS = 600;

bool is_silent(double heard, double patience, double now) {
    return now - heard >= patience;
}
