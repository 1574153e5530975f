# What the tests share: the module under test, and an emulator of their own. Needs PowerShell 7.
#requires -Version 7.0

Set-StrictMode -Version 3.0

$script:Root = Split-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -Parent
$script:Emulator = $null

function Get-TestedModulePath {
    <#
    .SYNOPSIS
    The module under test: $env:HIMDS_MODULE, or what `make powershell` packs.
    #>
    $path = $env:HIMDS_MODULE
    if ([string]::IsNullOrEmpty($path)) {
        $path = Join-Path -Path $script:Root -ChildPath 'dist/powershell/Himds'
    }
    if (-not (Test-Path -LiteralPath (Join-Path -Path $path -ChildPath 'Himds.psd1'))) {
        throw "No module at '$path': run 'make powershell', or name another folder in `$env:HIMDS_MODULE."
    }
    (Resolve-Path -LiteralPath $path).ProviderPath
}

function Get-EmulatorPath {
    <#
    .SYNOPSIS
    The emulator's program: $env:HIMDS_EMULATOR, or what Cargo built.
    #>
    $candidates = @($env:HIMDS_EMULATOR)
    if ([string]::IsNullOrEmpty($env:HIMDS_EMULATOR)) {
        $target = Join-Path -Path $script:Root -ChildPath 'target'
        if (-not [string]::IsNullOrEmpty($env:CARGO_TARGET_DIR)) {
            $target = $env:CARGO_TARGET_DIR
        }
        $candidates = @(
            (Join-Path -Path $target -ChildPath 'debug/himds-emulator')
            (Join-Path -Path $target -ChildPath 'release/himds-emulator')
        )
    }
    foreach ($candidate in $candidates) {
        if (Test-Path -LiteralPath $candidate -PathType Leaf) {
            return (Resolve-Path -LiteralPath $candidate).ProviderPath
        }
    }
    throw "No emulator at $($candidates -join ', '): run 'cargo build -p himds-emulator', or name it in `$env:HIMDS_EMULATOR."
}

function Wait-Until {
    <#
    .SYNOPSIS
    Waits until the condition holds; fails after so many seconds.
    #>
    param(
        [Parameter(Mandatory)]
        [scriptblock] $Condition,

        [int] $Seconds = 20
    )

    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt $Seconds) {
            throw "Still not so after $Seconds s: $Condition"
        }
        Start-Sleep -Milliseconds 20
    }
}

function Open-Emulator {
    <#
    .SYNOPSIS
    Starts an emulator on free ports with a token directory of its own, and imports the module under test.
    #>
    param(
        [switch] $Azure
    )

    Import-Module -Name (Get-TestedModulePath) -Force -Global
    $folder = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath ('himds-pester-' + [guid]::NewGuid().ToString('N'))
    $null = New-Item -ItemType Directory -Path (Join-Path -Path $folder -ChildPath 'tokens')
    $config = Join-Path -Path $folder -ChildPath 'emulator.toml'
    $ready = Join-Path -Path $folder -ChildPath 'ready.json'
    Set-Content -LiteralPath $config -Value @'
[[user_assigned]]
client_id = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003"
object_id = "c2f7e4bb-3a1d-4e9f-8b66-51a1f00d0004"
resource_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
'@
    $arguments = @('--config', $config, '--ready-file', $ready, '--token-dir', (Join-Path -Path $folder -ChildPath 'tokens'))
    if ($Azure) {
        $arguments += '--azure'
    }
    $start = @{
        FilePath               = Get-EmulatorPath
        ArgumentList           = $arguments
        RedirectStandardOutput = Join-Path -Path $folder -ChildPath 'stdout.txt'
        RedirectStandardError  = Join-Path -Path $folder -ChildPath 'stderr.txt'
        PassThru               = $true
    }
    $process = Start-Process @start
    $script:Emulator = @{ Process = $process; Folder = $folder; Addresses = $null }
    Wait-Until -Condition {
        if ($process.HasExited) {
            throw "The emulator ended: $(Get-Content -LiteralPath (Join-Path -Path $folder -ChildPath 'stderr.txt') -Raw)"
        }
        Test-Path -LiteralPath $ready
    }
    $script:Emulator.Addresses = Get-Content -LiteralPath $ready -Raw | ConvertFrom-Json
}

function Close-Emulator {
    <#
    .SYNOPSIS
    Ends the emulator in order, and removes what it wrote.
    #>
    if ($null -eq $script:Emulator) {
        return
    }
    $process = $script:Emulator.Process
    if (-not $process.HasExited) {
        # SIGTERM, which Stop-Process cannot send.
        & sh -c "kill -TERM $($process.Id)"
        if (-not $process.WaitForExit(5000)) {
            $process.Kill()
        }
    }
    Remove-Item -LiteralPath $script:Emulator.Folder -Recurse -Force
    $script:Emulator = $null
}

function Get-EmulatorAddress {
    <#
    .SYNOPSIS
    Where the emulator listens: himds, imds, token_dir, arm, vault, ca_file.
    #>
    $script:Emulator.Addresses
}

function Get-EmulatorParameter {
    <#
    .SYNOPSIS
    The parameters by which the module's functions ask the emulator, to splat.
    #>
    param(
        [switch] $Imds
    )

    if ($Imds) {
        return @{ Source = 'Imds'; Endpoint = $script:Emulator.Addresses.imds }
    }
    @{
        Source         = 'Himds'
        Endpoint       = $script:Emulator.Addresses.himds
        TokenDirectory = $script:Emulator.Addresses.token_dir
    }
}

function Invoke-Emulator {
    <#
    .SYNOPSIS
    Uses the emulator's admin path. What comes back as a list is given one by one.
    #>
    param(
        [Parameter(Mandatory)]
        [string] $Path,

        [string] $Method = 'Get',

        [string] $Body = ''
    )

    $call = @{
        Uri     = "$($script:Emulator.Addresses.himds)/emulator/$Path"
        Method  = $Method
        NoProxy = $true
    }
    if ($Body -ne '') {
        $call['Body'] = $Body
        $call['ContentType'] = 'application/json'
    }
    $answer = Invoke-RestMethod @call
    foreach ($item in $answer) {
        $item
    }
}

function Clear-Emulator {
    <#
    .SYNOPSIS
    Forgets requests, faults and tokens, the emulator's and the module's.
    #>
    $null = Invoke-Emulator -Path 'requests' -Method 'Delete'
    $null = Invoke-Emulator -Path 'faults' -Method 'Delete'
    $null = Invoke-Emulator -Path 'clear-cache' -Method 'Post'
    Clear-HimdsCache
}

function Add-EmulatorFault {
    <#
    .SYNOPSIS
    Lets the emulator deviate: a fault as JSON, see `himds-emulator --example-config`.
    #>
    param(
        [Parameter(Mandatory)]
        [string] $Json
    )

    $null = Invoke-Emulator -Path 'faults' -Method 'Post' -Body $Json
}

function Get-EmulatorRequest {
    <#
    .SYNOPSIS
    The requests that came since the last Clear-Emulator.
    #>
    Invoke-Emulator -Path 'requests'
}

Export-ModuleMember -Function '*-*'
