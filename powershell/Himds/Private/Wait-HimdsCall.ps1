function Wait-HimdsCall {
    <#
    .SYNOPSIS
    Waits for a call that runs on the thread pool, and gives its result.

    .DESCRIPTION
    Not one plain method call, because PowerShell cannot interrupt a method: Ctrl+C would be felt only when the service has
    answered. Between two slices it is felt at once, and the call is cancelled. The wait itself ends as soon as the call does.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [object] $Call
    )

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
    $Call.GetResult()
}
