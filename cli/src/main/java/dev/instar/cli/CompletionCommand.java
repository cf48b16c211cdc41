package dev.instar.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code instar completion}. */
@Command(
        name = "completion",
        description = {
            "Print a completion script for a shell.",
            "bash: instar completion bash > /etc/bash_completion.d/instar",
            "zsh:  instar completion zsh > ~/.instar-completion && echo 'source ~/.instar-completion' >> ~/.zshrc",
            "fish: instar completion fish > ~/.config/fish/completions/instar.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    /** Shells whose completion is known. */
    enum Shell {
        BASH,
        ZSH,
        FISH
    }

    private final Console console;

    @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
    private Shell shell = Shell.BASH;

    CompletionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        CommandLine whole = CommandTree.whole(console);
        console.out()
                .print(
                        switch (shell) {
                            // picocli's script serves zsh through zsh's own emulation of bash's completion.
                            case BASH, ZSH -> AutoComplete.bash("instar", whole);
                            case FISH -> FishCompletion.script(whole);
                        });
        return ExitStatus.OK;
    }
}
