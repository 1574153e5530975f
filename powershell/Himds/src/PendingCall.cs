using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Himds.Abi1
{
    /// <summary>
    /// A call that runs on a thread of its own while its caller waits in slices. PowerShell cannot interrupt a method that
    /// blocks, so Ctrl+C would take effect only at its end; between two slices it takes effect at once, and the caller
    /// then cancels. Not on the thread pool, which is slow to grow: with many calls that wait, later ones would not begin.
    /// </summary>
    public sealed class PendingCall<T>
    {
        private readonly CancellationTokenSource cancellation;
        private readonly Stopwatch watch = Stopwatch.StartNew();

        internal PendingCall(T result)
        {
            TaskCompletionSource<T> done = new TaskCompletionSource<T>();
            done.SetResult(result);
            Task = done.Task;
            FromCache = true;
            watch.Stop();
        }

        internal PendingCall(HimdsException exception)
        {
            TaskCompletionSource<T> done = new TaskCompletionSource<T>();
            done.SetException(exception);
            Task = done.Task;
            watch.Stop();
        }

        internal PendingCall(Func<RequestOptions, T> call, RequestOptions options)
        {
            options = options ?? new RequestOptions();
            cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.Cancellation);
            RequestOptions limits = options.With(cancellation.Token);
            Task = System.Threading.Tasks.Task.Factory.StartNew(
                () => Run(call, limits), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        /// <summary>The service that the call goes to; null for a client of your own, or if the options are wrong.</summary>
        public SourceInfo Source { get; internal set; }

        /// <summary>The task itself, for code that awaits.</summary>
        public Task<T> Task { get; private set; }

        /// <summary>Whether the answer was in the cache, so that nothing was started.</summary>
        public bool FromCache { get; private set; }

        /// <summary>Whether the call has ended, well or badly.</summary>
        public bool IsCompleted
        {
            get { return Task.IsCompleted; }
        }

        /// <summary>The time that the call has taken so far, or took.</summary>
        public TimeSpan Elapsed
        {
            get { return watch.Elapsed; }
        }

        /// <summary>
        /// Waits at most so long for the end. True when it has come; an error waits for <see cref="GetResult"/>.
        /// </summary>
        public bool Wait(int milliseconds)
        {
            return ((IAsyncResult)Task).AsyncWaitHandle.WaitOne(milliseconds);
        }

        /// <summary>Ends the call with the kind <c>cancelled</c>, within a tenth of a second.</summary>
        public void Cancel()
        {
            try
            {
                if (cancellation != null)
                {
                    cancellation.Cancel();
                }
            }
            catch (ObjectDisposedException)
            {
                // The call has ended in the meantime: there is nothing left to cancel.
                return;
            }
        }

        /// <summary>What the call gave. Waits for the end.</summary>
        /// <exception cref="HimdsException">The call failed. Not wrapped.</exception>
        public T GetResult()
        {
            return Task.GetAwaiter().GetResult();
        }

        /// <summary>What the call gave, or its failure as a value. Waits for the end.</summary>
        public Outcome<T> GetOutcome()
        {
            return new Outcome<T>(GetResult);
        }

        private T Run(Func<RequestOptions, T> call, RequestOptions limits)
        {
            try
            {
                return call(limits);
            }
            finally
            {
                watch.Stop();
                cancellation.Dispose();
            }
        }
    }
}
