package answer

var ContentProblem = contentProblem
