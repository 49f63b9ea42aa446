"""The control API under `/_mock`: one method for each operationId of `control.yaml`."""
