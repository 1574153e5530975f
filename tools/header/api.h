
/* Before each function. Windows programs that link himds.dll may define it as __declspec(dllimport). */
#ifndef HIMDS_API
#define HIMDS_API
#endif

/** The version of this header; himds_version() returns the library's. */
#define HIMDS_VERSION "@VERSION@"
