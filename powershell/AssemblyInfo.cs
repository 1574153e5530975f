using System.Runtime.InteropServices;

// Of the packed assembly alone, not of Himds.cs, whose users may keep the library in a folder that the system searches: the
// native library is the one next to the assembly, never one in the current directory or in PATH.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.System32)]
