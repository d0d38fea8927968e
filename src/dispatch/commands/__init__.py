"""What the commands of the terminal do; `dispatch.cli` only names them and their options."""
