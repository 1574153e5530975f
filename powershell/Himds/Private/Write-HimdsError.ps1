function Write-HimdsError {
    <#
    .SYNOPSIS
    Writes what was caught as the error of a function: non-terminating, with the id Himds.<kind> and the hint as its
    recommended action.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.PSCmdlet] $Cmdlet,

        [Parameter(Mandatory)]
        [System.Management.Automation.ErrorRecord] $ErrorRecord,

        [AllowNull()]
        [object] $TargetObject
    )

    $exception = Resolve-HimdsException -ErrorRecord $ErrorRecord
    if ($null -eq $exception) {
        # Not the library's: a mistake of this module, which must not pass for one of its documented errors.
        $Cmdlet.ThrowTerminatingError($ErrorRecord)
    }

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
    if ($categories.ContainsKey($exception.Kind)) {
        $category = [System.Management.Automation.ErrorCategory] $categories[$exception.Kind]
    }

    $record = [System.Management.Automation.ErrorRecord]::new(
        $exception, "Himds.$($exception.Kind)", $category, $TargetObject)
    $text = $exception.Message
    # PowerShell 7 prints the recommended action below the message; Windows PowerShell does not show it at all.
    if ($PSVersionTable.PSEdition -ne 'Core' -and -not [string]::IsNullOrEmpty($exception.Hint)) {
        $text = $text + [System.Environment]::NewLine + $exception.Hint
    }
    $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($text)
    $record.ErrorDetails.RecommendedAction = $exception.Hint

    Write-Verbose -Message ('Failed with {0} ({1}) after {2} attempts in {3:N0} ms.' -f
        $exception.Kind, $exception.Status, $exception.Attempts, $exception.Elapsed.TotalMilliseconds)
    $Cmdlet.WriteError($record)
}
