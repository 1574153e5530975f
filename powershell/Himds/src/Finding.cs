namespace Himds.Abi1
{
    /// <summary>One thing that a diagnosis checked. <c>Test-Himds</c> gives them.</summary>
    public sealed class Finding
    {
        /// <summary>A finding with these values. For the module's functions, which read them from JSON.</summary>
        public Finding(string name, string status, string detail, string fix, double elapsedMs)
        {
            Name = name;
            Status = status;
            Detail = detail;
            Fix = fix;
            ElapsedMs = elapsedMs;
        }

        /// <summary>What was checked, for example <c>token_directory</c>.</summary>
        public string Name { get; private set; }

        /// <summary><c>Ok</c>, <c>Warning</c> or <c>Failed</c>.</summary>
        public string Status { get; private set; }

        /// <summary>What was seen.</summary>
        public string Detail { get; private set; }

        /// <summary>What to do about it; "" if there is nothing to do.</summary>
        public string Fix { get; private set; }

        /// <summary>The time that the check took, in milliseconds.</summary>
        public double ElapsedMs { get; private set; }

        /// <summary>Status and name.</summary>
        public override string ToString()
        {
            return Status + ": " + Name;
        }
    }
}
