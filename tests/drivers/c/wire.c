#include "wire.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t decode(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        unsigned byte;
        if (from[0] == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2]) &&
            sscanf(from, "%%%2x", &byte) == 1) {
            *to++ = (char)byte;
            from += 3;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

void parse(char *line, struct request *request) {
    line[strcspn(line, "\r\n")] = '\0';
    request->operation = line;
    request->count = 0;
    for (char *word = strchr(line, '\t'); word != NULL;) {
        *word++ = '\0';
        char *next = strchr(word, '\t'), *value = strchr(word, '=');
        if (next != NULL) *next = '\0';
        if (value != NULL && request->count < MAX_FIELDS) {
            struct field *field = &request->fields[request->count++];
            *value++ = '\0';
            field->name = word;
            field->value = value;
            decode(word);
            field->length = decode(value);
        }
        word = next;
    }
}

const struct field *find(const struct request *request, const char *name) {
    for (size_t i = 0; i < request->count; i++)
        if (strcmp(request->fields[i].name, name) == 0) return &request->fields[i];
    return NULL;
}

const char *text(const struct request *request, const char *name, bool *impossible) {
    const struct field *field = find(request, name);
    if (field == NULL) return NULL;
    if (strlen(field->value) != field->length) *impossible = true;
    return field->value;
}

void begin(const char *status) { fputs(status, stdout); }

void add(const char *name, const char *value, size_t length) {
    printf("\t%s=", name);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte < 0x80 && (isalnum(byte) || strchr("._~-", byte) != NULL) && byte != 0) putchar(byte);
        else printf("%%%02X", byte);
    }
}

void add_text(const char *name, const char *value) { add(name, value, strlen(value)); }

void add_some(const char *name, const char *value) {
    if (*value != '\0') add_text(name, value);
}

void add_number(const char *name, long long value) {
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", value);
    add_text(name, digits);
}

void end(void) {
    putchar('\n');
    fflush(stdout);
}
