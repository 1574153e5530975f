function Import-HimdsLibrary {
    <#
    .SYNOPSIS
    Loads the classes of the namespace Himds.Abi1 with the native library of this platform.

    .DESCRIPTION
    The assembly built ahead lies next to the native library; loading it takes a tenth of compiling its source. The source is
    compiled if the assembly is missing, or if $env:HIMDS_LIBRARY names another library: the path is then written into it,
    because an assembly in memory has no folder to look in.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [string] $ModuleRoot
    )

    # A process loads the classes once; another runspace may have done so already, and its clients are shared.
    if ($null -ne ('Himds.Abi1.Library' -as [type])) {
        Test-HimdsLibrary -Library ([Himds.Abi1.Library]::Name) -Load { [Himds.Abi1.Library]::Verify() }
        return
    }

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
    if (-not [string]::IsNullOrWhiteSpace($env:HIMDS_LIBRARY)) {
        # Relative to PowerShell's location, which is not the process's directory.
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

    $sourceFile = [System.IO.Path]::Combine($ModuleRoot, 'Himds.cs')
    $ahead = -not $other -and [System.IO.File]::Exists($assembly)
    try {
        if ($ahead) {
            $classes = $assembly
            Write-Verbose -Message "Loading '$assembly' for '$library'."
            $null = [System.Reflection.Assembly]::LoadFrom($assembly)
        }
        else {
            $classes = $sourceFile
            Write-Verbose -Message "Compiling '$sourceFile' for '$library'."
            $constant = 'internal const string Path = '
            $source = [System.IO.File]::ReadAllText($sourceFile).Replace(
                $constant + '"himds"', $constant + '@"' + $library.Replace('"', '""') + '"')
            Add-Type -TypeDefinition $source -Language CSharp -IgnoreWarnings -ErrorAction Stop
        }
    }
    catch {
        $message = "The classes of the module Himds cannot be loaded from '$classes': $($_.Exception.GetBaseException().Message) " +
        'Install the module again.'
        throw [System.Management.Automation.ErrorRecord]::new(
            [System.InvalidOperationException]::new($message, $_.Exception),
            'Himds.assembly_unusable', [System.Management.Automation.ErrorCategory]::NotInstalled, $classes)
    }

    Test-HimdsLibrary -Library $library -Load {
        if ($ahead) {
            # This very file: .NET would go on to look for one of its name elsewhere.
            [Himds.Abi1.Library]::Load($library)
        }
        else {
            [Himds.Abi1.Library]::Verify()
        }
    }
}
