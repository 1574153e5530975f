/* What Wine 8 lacks of Windows, as the bcryptprimitives.dll of a Wine prefix: for tests only. Every program of Rust loads
 * that library, and himds.dll is one. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

/* The one function of the real library that Rust's standard library calls. */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return SystemFunction036(data, (ULONG)length);
}

/*
 * Wine keeps a list of its own exception handlers in the thread, on the stack. .NET leaves a `catch` by a jump that Wine
 * does not see, so the list still names the handlers of the call that was left. At the next exception Wine calls what lies
 * there by then, and the process hangs. Where .NET throws, the list must be empty: no function of Wine that would have a
 * handler there has called it.
 */
static LONG WINAPI forget_dead_handlers(EXCEPTION_POINTERS *exception)
{
    enum { managed = 0xE0434352, cpp = 0xE06D7363, compiler = 0x02345678 };
    DWORD code = exception->ExceptionRecord->ExceptionCode;

    if (code == (DWORD)managed || code == (DWORD)cpp || code == compiler) {
        ((NT_TIB *)NtCurrentTeb())->ExceptionList = (void *)-1;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        AddVectoredExceptionHandler(1, forget_dead_handlers);
    }
    return TRUE;
}
