/* A library, but no game. */
int nothing(void);

int nothing(void) {
    return 0;
}
