package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Landlock: what a process may do with files, beyond what mounts and ids allow (landlock(7)). Rights that the running
 * kernel does not know are left out, as its documentation advises.
 */
public final class Landlock {
    private static final int CREATE_RULESET = 444;
    private static final int ADD_RULE = 445;
    private static final int RESTRICT_SELF = 446;
    private static final int VERSION_FLAG = 1;
    private static final int PATH_BENEATH = 1;

    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 1 << 1;
    private static final long READ_FILE = 1 << 2;
    private static final long READ_DIR = 1 << 3;
    private static final long MAKE_CHAR = 1 << 6;
    private static final long MAKE_BLOCK = 1 << 11;
    private static final long REFER = 1 << 13;
    private static final long TRUNCATE = 1 << 14;
    private static final long IOCTL_DEV = 1 << 15;
    private static final long FIRST_ABI = (1 << 13) - 1;
    private static final long SCOPE_ABSTRACT_SOCKETS = 1;
    private static final long SCOPE_SIGNALS = 2;

    private final int abi;

    private Landlock(int abi) {
        this.abi = abi;
    }

    /** Asks the running kernel. */
    public static Landlock probe() {
        return new Landlock((int) Math.max(0, Kernel.call(CREATE_RULESET, 0, 0, VERSION_FLAG)));
    }

    /** The kernel's ABI version; 0 where it has no Landlock. */
    public int abi() {
        return abi;
    }

    /** What may be done below a directory. */
    public enum Access {
        /** Read and execute. */
        READ(EXECUTE | READ_FILE | READ_DIR),
        /** Read, and write to what is there. */
        USE(READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | IOCTL_DEV),
        /** Everything but making device nodes. */
        WRITE((FIRST_ABI | REFER | TRUNCATE | IOCTL_DEV) & ~(MAKE_CHAR | MAKE_BLOCK));

        private final long rights;

        Access(long rights) {
            this.rights = rights;
        }
    }

    /**
     * Adds steps that make a ruleset in the process.
     *
     * @param rules directories as the process sees them
     * @return the last step, whose result is the number of the ruleset's descriptor
     */
    public int createRuleset(Steps steps, Map<String, Access> rules) {
        SyscallProgram program = steps.program();
        int size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
        byte[] attributes = ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(handled())
                .putLong(0)
                .putLong(SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS)
                .array();
        int ruleset = program.call(
                "landlock_create_ruleset", CREATE_RULESET, program.bytes(attributes), number(size), number(0));
        rules.forEach((path, access) -> {
            SyscallProgram.Argument rule = program.bytes(ByteBuffer.allocate(12)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(access.rights & handled())
                    .array());
            int directory = steps.openPath(path);
            program.storeResult(rule, 8);
            program.call(
                    "landlock_add_rule(\"" + path + "\")",
                    ADD_RULE,
                    program.result(ruleset),
                    number(PATH_BENEATH),
                    rule,
                    number(0));
            program.call("close", 3, program.result(directory));
        });
        return program.call("dup2(itself)", 33, program.result(ruleset), program.result(ruleset));
    }

    /** Adds the step that confines the process for good. */
    public int restrictSelf(Steps steps, Fd ruleset) {
        return steps.program()
                .call("landlock_restrict_self", RESTRICT_SELF, steps.program().descriptor(ruleset), number(0));
    }

    private long handled() {
        long rights = FIRST_ABI;
        rights |= abi >= 2 ? REFER : 0;
        rights |= abi >= 3 ? TRUNCATE : 0;
        rights |= abi >= 5 ? IOCTL_DEV : 0;
        return rights;
    }
}
