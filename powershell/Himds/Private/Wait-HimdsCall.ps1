function Wait-HimdsCall {
    <#
    .SYNOPSIS
    Waits for a call that runs on another thread, and gives its outcome: .Value, or .Error if it failed.

    .DESCRIPTION
    Not one plain method call, because PowerShell cannot interrupt a method: Ctrl+C would take effect only when the service
    has answered. Between two slices it takes effect at once, and the call is cancelled. The wait itself ends as soon as the
    call does.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [object] $Call
    )

    if ($null -ne $Call.Source) {
        Write-Verbose -Message "Source: $($Call.Source), because $($Call.Source.Reason)."
    }
    try {
        while (-not $Call.IsCompleted) {
            $null = $Call.Wait(50)
        }
    }
    finally {
        if (-not $Call.IsCompleted) {
            $Call.Cancel()
        }
    }
    $Call.GetOutcome()
}
