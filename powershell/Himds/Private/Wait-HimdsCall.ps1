function Wait-HimdsCall {
    <#
    .SYNOPSIS
    Waits for a call that runs on another thread, and gives its outcome: .Value, or .Error where it failed.

    .DESCRIPTION
    Not one plain method call, because PowerShell cannot interrupt a method: Ctrl+C would be felt only when the service has
    answered. Between two slices it is felt at once, and the call is cancelled. The wait itself ends as soon as the call does.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [object] $Call
    )

    $client = $Call.Client
    if ($null -ne $client) {
        Write-Verbose -Message "Source: $($client.Source) at $($client.Endpoint), because $($client.SourceReason)."
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
