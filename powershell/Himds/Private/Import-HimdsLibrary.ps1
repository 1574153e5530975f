function Import-HimdsLibrary {
    <#
    .SYNOPSIS
    Loads the classes of the namespace Himds.Abi1 with the native library of this platform.

    .DESCRIPTION
    The assembly built ahead lies beside the native library, where .NET looks for it; loading it takes a tenth of compiling
    its source. The source is compiled where the assembly is missing, or where $env:HIMDS_LIBRARY names another library: the
    path is then written into it, because an assembly in memory has no folder to look in.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [string] $ModuleRoot
    )

    # A process loads the classes once; another runspace may have done so already, and its clients are shared.
    if ($null -eq ('Himds.Abi1.Library' -as [type])) {
        $runtimeId = Get-HimdsRuntimeId
        $fileName = 'libhimds.so'
        if ($runtimeId.StartsWith('win-')) {
            $fileName = 'himds.dll'
        }
        elseif ($runtimeId.StartsWith('osx-')) {
            $fileName = 'libhimds.dylib'
        }
        $folder = [System.IO.Path]::Combine($ModuleRoot, 'runtimes', $runtimeId, 'native')
        $library = [System.IO.Path]::Combine($folder, $fileName)
        $assembly = [System.IO.Path]::Combine($folder, 'Himds.PowerShell.dll')
        $origin = "the module's folder for $runtimeId"
        $other = $false
        if (-not [string]::IsNullOrEmpty($env:HIMDS_LIBRARY)) {
            # A relative path is meant from where PowerShell is, which is not where the process is.
            $named = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($env:HIMDS_LIBRARY)
            $other = $named -ne $library
            $library = $named
            $origin = '$env:HIMDS_LIBRARY'
        }

        if (-not [System.IO.File]::Exists($library)) {
            $message = "The native library of the module Himds was not found. Looked for '$library' ($origin). " +
            "Install the module for this platform ($runtimeId), or set `$env:HIMDS_LIBRARY to the full path of $fileName."
            throw [System.Management.Automation.ErrorRecord]::new(
                [System.IO.FileNotFoundException]::new($message, $library),
                'Himds.library_not_found', [System.Management.Automation.ErrorCategory]::NotInstalled, $library)
        }

        if (-not $other -and [System.IO.File]::Exists($assembly)) {
            Write-Verbose -Message "Loading '$assembly'."
            $null = [System.Reflection.Assembly]::LoadFrom($assembly)
        }
        else {
            $sourceFile = [System.IO.Path]::Combine($ModuleRoot, 'Himds.cs')
            if (-not [System.IO.File]::Exists($sourceFile)) {
                $message = "The classes of the module Himds were not found. Looked for '$assembly' and for '$sourceFile'. " +
                'Install the module again.'
                throw [System.Management.Automation.ErrorRecord]::new(
                    [System.IO.FileNotFoundException]::new($message, $sourceFile),
                    'Himds.assembly_not_found', [System.Management.Automation.ErrorCategory]::NotInstalled, $sourceFile)
            }
            Write-Verbose -Message "Compiling '$sourceFile' for '$library'."
            $constant = 'internal const string Path = '
            $source = [System.IO.File]::ReadAllText($sourceFile).Replace(
                $constant + '"himds"', $constant + '@"' + $library.Replace('"', '""') + '"')
            Add-Type -TypeDefinition $source -Language CSharp -IgnoreWarnings
        }
    }

    try {
        [Himds.Abi1.Library]::Verify()
    }
    catch {
        $cause = $_.Exception
        while ($null -ne $cause.InnerException) {
            $cause = $cause.InnerException
        }
        $message = "The native library of the module Himds ('$([Himds.Abi1.Library]::Name)') cannot be used: " +
        "$($cause.Message) A process keeps the first library that it loads: start a new session after mending this."
        throw [System.Management.Automation.ErrorRecord]::new(
            [System.InvalidOperationException]::new($message, $cause),
            'Himds.library_unusable', [System.Management.Automation.ErrorCategory]::NotInstalled,
            [Himds.Abi1.Library]::Name)
    }
}
