/*
 * Games as moving pictures in files. One thread of one process each; nothing here knows games or
 * agents.
 */
#ifndef ASYNCRL_MEDIA_MEDIA_H
#define ASYNCRL_MEDIA_MEDIA_H

#include "media/film.h"
#include "media/font.h"
#include "media/gif.h"

#endif
