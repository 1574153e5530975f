function Write-HimdsError {
    <#
    .SYNOPSIS
    Writes a failure as the error of a function: non-terminating, with the id Himds.<kind> and the hint as its
    recommended action.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.PSCmdlet] $Cmdlet,

        [Parameter(Mandatory)]
        [Himds.Abi1.HimdsException] $Exception,

        [AllowNull()]
        [object] $TargetObject
    )

    $categories = @{
        invalid_argument    = 'InvalidArgument'
        configuration       = 'InvalidArgument'
        not_found           = 'ObjectNotFound'
        closed              = 'InvalidOperation'
        unavailable         = 'ResourceUnavailable'
        timeout             = 'OperationTimeout'
        cancelled           = 'OperationStopped'
        transport           = 'ConnectionError'
        challenge_invalid   = 'ProtocolError'
        key_file_rejected   = 'SecurityError'
        key_file_unreadable = 'PermissionDenied'
        key_refused         = 'AuthenticationError'
        service             = 'InvalidResult'
        identity_not_found  = 'ObjectNotFound'
        identity_mismatch   = 'SecurityError'
        throttled           = 'LimitsExceeded'
        response_invalid    = 'InvalidData'
        not_azure           = 'ResourceUnavailable'
    }
    $category = [System.Management.Automation.ErrorCategory]::NotSpecified
    if ($categories.ContainsKey($Exception.Kind)) {
        $category = [System.Management.Automation.ErrorCategory] $categories[$Exception.Kind]
    }

    $record = [System.Management.Automation.ErrorRecord]::new(
        $Exception, "Himds.$($Exception.Kind)", $category, $TargetObject)
    $text = ConvertTo-HimdsParameterName -Text $Exception.Message
    $hint = ConvertTo-HimdsParameterName -Text $Exception.Hint -IsHint
    # From 7.5 on PowerShell prints the recommended action below the message; before, it does not show it at all.
    $version = $PSVersionTable.PSVersion
    $prints = $version.Major -gt 7 -or ($version.Major -eq 7 -and $version.Minor -ge 5)
    if (-not $prints -and $hint -ne '') {
        # The console may join the lines, so each is a sentence of its own.
        $text = $text.TrimEnd('.') + '.' + [System.Environment]::NewLine + $hint
    }
    $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($text)
    $record.ErrorDetails.RecommendedAction = $hint

    Write-Verbose -Message ('Failed with {0} ({1}) in {3:N0} ms, attempts: {2}.' -f
        $Exception.Kind, $Exception.Status, $Exception.Attempts, $Exception.Elapsed.TotalMilliseconds)
    $Cmdlet.WriteError($record)
}
