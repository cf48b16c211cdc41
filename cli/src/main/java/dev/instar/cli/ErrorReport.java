package dev.instar.cli;

import dev.instar.engine.EngineException;
import dev.instar.engine.InvalidRequestException;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Shows an error as one message; with {@code INSTAR_DEBUG} set also where it came from. */
final class ErrorReport implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Console console;

    ErrorReport(Console console) {
        this.console = console;
    }

    @Override
    public int handleExecutionException(Exception error, CommandLine command, ParseResult parsed) {
        if (!console.variable("INSTAR_DEBUG", "").isEmpty()) {
            error.printStackTrace(console.err());
        }
        return switch (error) {
            case CommandException known -> report(String.valueOf(known.getMessage()), known.exitStatus());
            case UncheckedIOException io -> report(io.getMessage() + " (" + io.getCause() + ")", ExitStatus.FAILED);
            case InvalidRequestException invalid -> report(String.valueOf(invalid.getMessage()), ExitStatus.BAD_INPUT);
            case EngineException failed -> report(String.valueOf(failed.getMessage()), ExitStatus.FAILED);
            default ->
                report("unexpected " + error + "; set INSTAR_DEBUG=1 to see where it came from", ExitStatus.FAILED);
        };
    }

    @Override
    public int handleParseException(ParameterException error, String[] arguments) {
        CommandLine command = error.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        report(String.valueOf(error.getMessage()), ExitStatus.BAD_INPUT);
        if (!UnmatchedArgumentException.printSuggestions(error, command.getErr())) {
            command.getErr().println("Run `" + name + " --help` for what it takes.");
        }
        return ExitStatus.BAD_INPUT;
    }

    private int report(String message, int status) {
        console.err().println("instar: " + message);
        return status;
    }
}
