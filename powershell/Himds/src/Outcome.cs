using System;

namespace Himds.Abi1
{
    /// <summary>
    /// What a call gave, or why it failed. For PowerShell, which records every exception that crosses its code in
    /// <c>$Error</c> and <c>-ErrorVariable</c>, a caught one too: what the module reports as one error must not leave four.
    /// </summary>
    public sealed class Outcome<T>
    {
        internal Outcome(Func<T> call)
        {
            try
            {
                Value = call();
            }
            catch (HimdsException exception)
            {
                Error = exception;
            }
        }

        /// <summary>What the call gave; the type's default if it failed.</summary>
        public T Value { get; private set; }

        /// <summary>Why it failed, or null.</summary>
        public HimdsException Error { get; private set; }
    }
}
