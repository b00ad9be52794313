/* Shared by the two programs: counted checks, and reading of files. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned check_count;

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static void check_that(int holds, const char *text, const char *file, int line)
{
    check_count++;
    if (!holds) {
        fprintf(stderr, "%s:%d: check failed: %s\n", file, line, text);
        exit(1);
    }
}

/* Reads a file of the folder; the caller frees it. */
static unsigned char *read_file(const char *folder, const char *name, size_t *len)
{
    char path[4096];
    FILE *file;
    long size;
    unsigned char *bytes;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    CHECK(size > 0);
    rewind(file);
    bytes = (unsigned char *)malloc((size_t)size);
    CHECK(bytes != NULL);
    *len = fread(bytes, 1, (size_t)size, file);
    CHECK(*len == (size_t)size);
    fclose(file);
    return bytes;
}

static void write_file(const char *folder, const char *name, const void *bytes, size_t len)
{
    char path[4096];
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fwrite(bytes, 1, len, file) == len);
    CHECK(fclose(file) == 0);
}

#endif
