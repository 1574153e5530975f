<#
.SYNOPSIS
Registers a nightly task on an Arc-enabled Windows server that works with the machine's identity under a service account.

.DESCRIPTION
Run once as an administrator. The account is a group managed service account, so that no password is kept anywhere. It becomes
a member of the agent's group, which may read the key files; without that every token ends in Himds.key_file_unreadable. The
membership counts from the task's next start.

.EXAMPLE
./scheduled-task.ps1 -Account 'CONTOSO\nightly$' -Script 'C:\Tasks\nightly.ps1'
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)]
    [string] $Account,

    [Parameter(Mandatory)]
    [string] $Script,

    [string] $TaskName = 'Nightly with managed identity'
)

$ErrorActionPreference = 'Stop'

$group = 'Hybrid agent extension applications'
if ($PSCmdlet.ShouldProcess($group, "Add $Account")) {
    $members = @(Get-LocalGroupMember -Group $group | Select-Object -ExpandProperty 'Name')
    if ($members -notcontains $Account) {
        Add-LocalGroupMember -Group $group -Member $Account
    }
}

if ($PSCmdlet.ShouldProcess($TaskName, 'Register')) {
    $task = @{
        TaskName  = $TaskName
        Action    = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument "-NoProfile -NonInteractive -File `"$Script`""
        Trigger   = New-ScheduledTaskTrigger -Daily -At '03:00'
        # LogonType Password is how the scheduler is told that Windows itself knows a managed account's password.
        Principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType Password
        Force     = $true
    }
    Register-ScheduledTask @task
}
