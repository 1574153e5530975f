# The module's root: it loads the classes, which hold the logic, and then the functions over them. Whatever fails here ends the
# import with one error, because half a module would fail later and elsewhere.
Set-StrictMode -Version 3.0

if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    # What the constrained language can say: no method is called and no object made.
    Write-Error -ErrorAction SilentlyContinue -ErrorVariable refusal -ErrorId 'Himds.language_mode' -Category PermissionDenied -Message (
        "The module Himds needs the full language, but it was loaded in the mode $($ExecutionContext.SessionState.LanguageMode): " +
        'sign the module, or let the application control policy trust it.')
    throw $refusal[0]
}

# Files by name, not by wildcard: what is run is what was reviewed and signed.
foreach ($name in @(
        'Private/ConvertFrom-HimdsJson.ps1'
        'Private/ConvertFrom-HimdsJsonElement.ps1'
        'Private/ConvertTo-HimdsParameterName.ps1'
        'Private/Get-HimdsClientOption.ps1'
        'Private/Get-HimdsPreference.ps1'
        'Private/Get-HimdsRequestOption.ps1'
        'Private/Get-HimdsRuntimeId.ps1'
        'Private/Import-HimdsLibrary.ps1'
        'Private/Protect-HimdsToken.ps1'
        'Private/Receive-HimdsToken.ps1'
        'Private/Test-HimdsLibrary.ps1'
        'Private/Wait-HimdsCall.ps1'
        'Private/Write-HimdsError.ps1'
        'Public/Clear-HimdsCache.ps1'
        'Public/Get-HimdsClaim.ps1'
        'Public/Get-HimdsMetadata.ps1'
        'Public/Get-HimdsSource.ps1'
        'Public/Get-HimdsToken.ps1'
        'Public/Test-Himds.ps1'
    )) {
    $file = [System.IO.Path]::Combine($PSScriptRoot, $name)
    try {
        if (-not [System.IO.File]::Exists($file)) {
            throw 'it is missing'
        }
        # Before 7.0 PowerShell takes a path with [ ] for a pattern first, which may fit a file of another folder.
        foreach ($match in Resolve-Path -Path $file -ErrorAction Ignore) {
            if ($PSVersionTable.PSEdition -ne 'Core' -and $match.ProviderPath -ne $file) {
                throw "'$($match.ProviderPath)' would be run in its place; rename one of the folders"
            }
        }
        . $file
        $function = Get-Item -LiteralPath ('function:' + [System.IO.Path]::GetFileNameWithoutExtension($name)) -ErrorAction Ignore
        if ($null -eq $function -or $function.ScriptBlock.Module -ne $ExecutionContext.SessionState.Module) {
            throw 'it is cut short'
        }
    }
    catch {
        throw [System.Management.Automation.ErrorRecord]::new(
            [System.InvalidOperationException]::new(
                "The module Himds is incomplete: '$file' cannot be loaded ($($_.Exception.Message)). Install the module again.",
                $_.Exception),
            'Himds.module_incomplete', [System.Management.Automation.ErrorCategory]::NotInstalled, $file)
    }
}

Import-HimdsLibrary -ModuleRoot $PSScriptRoot
Protect-HimdsToken

Export-ModuleMember -Function @(
    'Clear-HimdsCache', 'Get-HimdsClaim', 'Get-HimdsMetadata', 'Get-HimdsSource', 'Get-HimdsToken', 'Test-Himds'
)
