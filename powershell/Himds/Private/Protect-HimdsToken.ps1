function Protect-HimdsToken {
    <#
    .SYNOPSIS
    Keeps tokens out of whatever PowerShell serialises: files, jobs, remote sessions. Fails if it cannot.

    .DESCRIPTION
    Outside Windows a SecureString is not encrypted: Export-Clixml would write the token in clear. The type data is set by
    parameters, because a types file is found by a wildcard pattern: in a folder with [ ] in its name it would silently not
    be loaded. It overrides what the session had for the class before, such as that of another copy of the module.
    #>
    [CmdletBinding()]
    param()

    $class = 'Himds.Abi1.AccessToken'
    $harmless = 'Type', 'ExpiresOn', 'RefreshOn', 'Resource'
    $data = @{
        TypeName                  = $class
        SerializationMethod       = 'SpecificProperties'
        PropertySerializationSet  = $harmless
        # A job's results are serialised one level deep: without this a time would come back as a text.
        SerializationDepth        = 2
        DefaultDisplayPropertySet = $harmless
        Force                     = $true
        ErrorAction               = 'Stop'
    }
    $why = 'the type data of the session does not say so'
    $protected = $false
    try {
        Update-TypeData @data
        $set = Get-TypeData -TypeName $class
        $protected = $set.SerializationMethod -eq 'SpecificProperties' -and -not $set.InheritPropertySerializationSet -and
        $null -eq (Compare-Object -ReferenceObject $harmless -DifferenceObject $set.PropertySerializationSet.ReferencedProperties)
    }
    catch {
        $why = $_.Exception.Message
    }
    if (-not $protected) {
        throw [System.Management.Automation.ErrorRecord]::new(
            [System.InvalidOperationException]::new(
                "The module Himds cannot keep tokens out of Export-Clixml, jobs and remote sessions: $why. " +
                "Remove what this session's profile sets for the type $class."),
            'Himds.token_unprotected', [System.Management.Automation.ErrorCategory]::SecurityError, $class)
    }
}
