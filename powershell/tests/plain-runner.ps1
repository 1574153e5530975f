# Runs the tests without Pester: the part of Pester 5 that they use, and no more. Ends with 1 if a test failed.
#
# Why it exists: PowerShell 7 does not bring Pester, and servers and build machines without access to the PowerShell Gallery cannot
# install it. The tests shall run there too, because there the module meets the agent that it is made for.
#requires -Version 7.0
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Path
)

$script:Passed = 0
$script:Failed = 0
$script:Blocks = $null

function BeforeAll {
    param([scriptblock] $Block)
    $script:Blocks.BeforeAll += $Block
}

function AfterAll {
    param([scriptblock] $Block)
    $script:Blocks.AfterAll += $Block
}

function BeforeEach {
    param([scriptblock] $Block)
    $script:Blocks.BeforeEach += $Block
}

function Describe {
    param([string] $Name, [scriptblock] $Block)
    $script:Blocks.Describe += @{ Name = $Name; Block = $Block }
}

function It {
    param([Parameter(Position = 0)] [string] $Name, [object[]] $ForEach, [Parameter(Position = 1)] [scriptblock] $Block)
    $script:Blocks.It += @{ Name = $Name; Cases = $ForEach; Block = $Block }
}

function Get-EmptyBlock {
    @{ BeforeAll = @(); AfterAll = @(); BeforeEach = @(); Describe = @(); It = @() }
}

function Should {
    [CmdletBinding()]
    param(
        [Parameter(ValueFromPipeline)] [object] $ActualValue,
        [switch] $Not,
        [object] $Be, [object] $BeExactly, [string] $BeLike, [string] $Match, [object] $BeLessThan, [object] $BeGreaterThan,
        [object] $BeGreaterOrEqual,
        [object] $Contain, [object[]] $BeIn, [object] $BeOfType,
        [switch] $BeNullOrEmpty, [switch] $BeTrue, [switch] $BeFalse,
        [switch] $Throw, [string] $ErrorId, [string] $ExpectedMessage, [string] $Because
    )

    begin { $all = [System.Collections.Generic.List[object]]::new() }
    process { $all.Add($ActualValue) }
    end {
        $actual = $all.ToArray()
        if ($all.Count -eq 1) { $actual = $all[0] }
        $asked = $PSBoundParameters.Keys | Where-Object { $_ -notin 'ActualValue', 'Not', 'ErrorId', 'ExpectedMessage', 'Because' }
        $expected = $PSBoundParameters[$asked]
        $met = switch ($asked) {
            'Be' {
                # Of a list, -eq gives the items that are equal.
                if ($actual -is [array] -or $Be -is [array]) {
                    @($actual).Count -eq @($Be).Count -and $null -eq (Compare-Object @($actual) @($Be) -SyncWindow 0)
                }
                else { $actual -eq $Be }
            }
            'BeExactly' { $actual -ceq $BeExactly }
            'BeLike' { $actual -like $BeLike }
            'Match' { $actual -match $Match }
            'BeLessThan' { $actual -lt $BeLessThan }
            'BeGreaterThan' { $actual -gt $BeGreaterThan }
            'BeGreaterOrEqual' { $actual -ge $BeGreaterOrEqual }
            'Contain' { $all -contains $Contain -or @($actual) -contains $Contain }
            'BeIn' { $BeIn -contains $actual }
            'BeOfType' { @($all | Where-Object { $_ -isnot ($BeOfType -replace '^\[(.*)\]$', '$1' -as [type]) }).Count -eq 0 }
            'BeNullOrEmpty' { [string]::IsNullOrEmpty("$actual") }
            'BeTrue' { [bool] $actual }
            'BeFalse' { -not $actual }
            'Throw' {
                $caught = $null
                try { $null = & $actual } catch { $caught = $_ }
                $expected = "to throw $ErrorId $ExpectedMessage"
                $null -ne $caught -and ($ErrorId -eq '' -or $caught.FullyQualifiedErrorId -like $ErrorId) -and
                ($ExpectedMessage -eq '' -or $caught.Exception.Message -like $ExpectedMessage)
            }
        }
        if ([bool] $met -eq $Not.IsPresent) {
            throw "Should$(if ($Not) { ' -Not' }) -$asked <$expected> $Because, but found <$actual>"
        }
    }
}

# Dot-sourced, so that what BeforeAll defines is there in the tests; a test itself has a scope of its own. The names of these
# parameters keep out of the way of the variables that a case sets.
function Invoke-Case {
    param([string] $RunnerTitle, [hashtable] $RunnerCase, [scriptblock] $RunnerBlock, [scriptblock[]] $RunnerBefore)
    foreach ($runnerKey in $RunnerCase.Keys) {
        Set-Variable -Name $runnerKey -Value $RunnerCase[$runnerKey]
        $RunnerTitle = $RunnerTitle.Replace("<$runnerKey>", "$($RunnerCase[$runnerKey])")
    }
    try {
        foreach ($runnerOne in $RunnerBefore) {
            $null = . $runnerOne
        }
        $null = . $RunnerBlock
        $script:Passed++
        Write-Output -InputObject "ok $RunnerTitle"
    }
    catch {
        $script:Failed++
        Write-Output -InputObject "FAILED ${RunnerTitle}: $_ $($_.ScriptStackTrace)"
    }
}

function Invoke-TestFile {
    param([string] $File)
    $script:Blocks = Get-EmptyBlock
    . $File
    $top = $script:Blocks
    try {
        foreach ($one in $top.BeforeAll) { . $one }
        foreach ($describe in $top.Describe) {
            $script:Blocks = Get-EmptyBlock
            # What goes wrong while the tests are listed ends the run: tests that are not listed would count as passed.
            $ErrorActionPreference = 'Stop'
            . $describe.Block
            $ErrorActionPreference = 'Continue'
            $inner = $script:Blocks
            foreach ($one in $inner.BeforeAll) { . $one }
            foreach ($it in $inner.It) {
                $cases = $it.Cases
                if ($null -eq $cases) {
                    $cases = @(@{})
                }
                foreach ($case in $cases) {
                    $title = "$($describe.Name) $($it.Name)"
                    Invoke-Case -RunnerTitle $title -RunnerCase $case -RunnerBlock $it.Block -RunnerBefore $inner.BeforeEach
                }
            }
            foreach ($one in $inner.AfterAll) { . $one }
        }
    }
    finally {
        foreach ($one in $top.AfterAll) { . $one }
    }
}

foreach ($file in Get-ChildItem -LiteralPath $Path -Filter '*.Tests.ps1' | Sort-Object -Property 'Name') {
    Invoke-TestFile -File $file.FullName
}
Write-Output -InputObject "$script:Passed passed, $script:Failed failed"
exit [int] ($script:Failed -gt 0)
