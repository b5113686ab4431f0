"""The option `workers`: an application in several processes that share nothing but the log.

The process that was started (the parent) runs its own command line again for each worker, so that user code and libraries begin
as they always do; nothing is forked. It owns the application, tells workers over a pipe what they are to do, starts those
that die again, and speaks for all of them. A worker whose parent dies ends itself.
"""
