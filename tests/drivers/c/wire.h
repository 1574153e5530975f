/* The line protocol of the scenarios: tab-separated words, `name=value`, percent-encoded bytes. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_FIELDS 64

struct field {
    char *name, *value;
    size_t length; /* of the value, which may hold NULs of its own */
};

struct request {
    char *operation;
    struct field fields[MAX_FIELDS];
    size_t count;
};

/* Takes a line apart in place. */
void parse(char *line, struct request *request);
const struct field *find(const struct request *request, const char *name);
/* A field as a C string; NULL if it is absent. `impossible` is set if it holds a NUL, which no C string can. */
const char *text(const struct request *request, const char *name, bool *impossible);

/* Writes an answer: begin, any number of fields, end. */
void begin(const char *status);
void add(const char *name, const char *value, size_t length);
void add_text(const char *name, const char *value);
/* As add_text, but nothing if the text is empty. */
void add_some(const char *name, const char *value);
void add_number(const char *name, long long value);
void end(void);

#endif
