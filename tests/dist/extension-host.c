/*
 * Loads the extension module of a wheel without a Python of its platform: extension-host MODULE. Every library that it
 * needs and every symbol that it takes must be found, and it must have the function that a Python calls first.
 */
#include <stdio.h>

#ifdef _WIN32
#include <windows.h>

static void *load(const char *file) {
    HMODULE module = LoadLibraryA(file);
    if (!module) {
        fprintf(stderr, "%s cannot be loaded: error %lu\n", file, GetLastError());
        return NULL;
    }
    return (void *)GetProcAddress(module, "PyInit__native");
}
#else
#include <dlfcn.h>

static void *load(const char *file) {
    void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    return dlsym(module, "PyInit__native");
}
#endif

int main(int argc, char **argv) {
    if (argc != 2 || !load(argv[1])) {
        fprintf(stderr, "FAILED %s\n", argc == 2 ? "it has no PyInit__native" : "usage: extension-host MODULE");
        return 1;
    }
    puts("loaded");
    return 0;
}
